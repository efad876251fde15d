/** Samples of attention in decoders: groups of heads, caches, windows, forms of masks. */
import type { GradientSample } from '../check.ts';

const MICROSOFT = '<ir_version: 10, opset_import: ["": 21, "com.microsoft": 1]> g';

/** Three rows of four heads of queries and two of keys, sixteen wide. */
function grouped(
  about: string,
  attributes: string,
  more: {
    readonly inputs?: string;
    readonly operands?: string;
    readonly feeds?: GradientSample['feeds'];
  } = {},
): GradientSample {
  return {
    op: 'com.microsoft.GroupQueryAttention',
    about,
    graph: `${MICROSOFT} (float[2,3,64] q, float[2,3,32] k, float[2,3,32] v, int32[2] n${more.inputs ?? ''}) => (float[2,3,64] y, float[2,2,3,16] c, float[2,2,3,16] d) <int32 t = {3}> {
      y, c, d = com.microsoft.GroupQueryAttention<num_heads=4, kv_num_heads=2${attributes}>(q, k, v, "", "", n, t${more.operands ?? ''}) }`,
    feeds: { n: [2, 2], ...more.feeds },
  };
}

/** New rows behind room for three of the past. */
function resumed(
  about: string,
  [batch, rows]: readonly [number, number],
  n: readonly number[],
  more: { readonly attributes?: string; readonly places?: readonly number[] } = {},
): GradientSample {
  const size = `${batch},2,${3 + rows},16`;
  // Where a row has less than there is room for, the cache has gaps.
  const whole = n.every((last) => last === 2 + rows);
  const { attributes = '', places } = more;
  return {
    op: 'com.microsoft.GroupQueryAttention',
    about,
    graph: `${MICROSOFT} (float[${batch},${rows},64] q, float[${batch},${rows},32] k, float[${batch},${rows},32] v,
      float[${batch},2,3,16] a, float[${batch},2,3,16] b, int32[${batch}] n, float[6,8] x, float[6,8] z, int64[${batch},${rows}] p)
      => (float[${batch},${rows},64] y${whole ? `, float[${size}] c, float[${size}] d` : ''}) <int32 t = {${3 + rows}}> {
      y, c, d = com.microsoft.GroupQueryAttention<num_heads=4, kv_num_heads=2, do_rotary=1${attributes}>(q, k, v, a, b, n, t, x, z${places ? ', p' : ''}) }`,
    feeds: { n, p: places ?? new Array<number>(batch * rows).fill(0) },
  };
}

const NEWEST = '<ir_version: 11, opset_import: ["": 23]> g';

/** com.microsoft.Attention over three rows, two heads of two, with further inputs. */
function selfAttention(
  about: string,
  inputs: string,
  operands: string,
  more: { readonly feeds?: GradientSample['feeds']; readonly attributes?: string } = {},
): GradientSample {
  return {
    op: 'com.microsoft.Attention',
    about,
    graph: `${MICROSOFT} (float[2,3,6] x, float[6,12] w, float[12] b${inputs}) => (float[2,3,4] y) {
      y = com.microsoft.Attention<num_heads=2${more.attributes ?? ''}>(x, w, b${operands}) }`,
    ...(more.feeds ? { feeds: more.feeds } : {}),
  };
}

const turned = { inputs: ', float[6,8] a, float[6,8] b', operands: ', a, b' };

export const decoders: readonly GradientSample[] = [
  grouped('from the start', ''),
  grouped('scaled and capped', ', scale=0.3, softcap=0.7'),
  grouped('rows of different lengths', '', { feeds: { n: [2, 1] } }),
  grouped('turned', ', do_rotary=1', turned),
  grouped('turned, neighbours in pairs', ', do_rotary=1, rotary_interleaved=1', turned),
  grouped('turned by given places', ', do_rotary=1', {
    inputs: `${turned.inputs}, int64[2,3] p`,
    operands: `${turned.operands}, p`,
    feeds: { p: [3, 4, 5, 3, 4, 5] },
  }),
  grouped('a window', ', local_window_size=2'),
  grouped('a bias of scores', '', { inputs: ', float[2,4,3,3] m', operands: ', "", "", "", m' }),
  grouped('a sink', '', { inputs: ', float[4] s', operands: ', "", "", "", "", s' }),
  grouped('a smooth softmax', ', smooth_softmax=1'),
  resumed('behind a past', [1, 2], [4]),
  resumed('behind a past, a window', [1, 2], [4], { attributes: ', local_window_size=3' }),
  resumed('behind a past, at given places', [1, 2], [4], { places: [5, 1] }),
  resumed('behind pasts of different lengths', [2, 1], [3, 2]),
  resumed('behind pasts of different lengths, a window', [2, 1], [3, 2], {
    attributes: ', local_window_size=2',
  }),
  {
    op: 'com.microsoft.GroupQueryAttention',
    about: 'packed',
    graph: `${MICROSOFT} (float[2,3,128] q, int32[2] n) => (float[2,3,64] y) <int32 t = {3}> {
      y = com.microsoft.GroupQueryAttention<num_heads=4, kv_num_heads=2>(q, "", "", "", "", n, t) }`,
    feeds: { n: [2, 2] },
  },
  selfAttention('keys up to an end', ', int32[2] m', ', m', { feeds: { m: [3, 2] } }),
  selfAttention('keys from a start to an end', ', int32[4] m', ', m', { feeds: { m: [3, 2, 1, 0] } }),
  selfAttention('a mask of pairs', ', int32[2,3,3] m', ', m', {
    feeds: { m: [1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 1] },
  }),
  selfAttention('masked by a number', ', int32[2,3] m', ', m', {
    feeds: { m: [1, 1, 0, 1, 1, 1] },
    attributes: ', mask_filter_value=-2.0',
  }),
  {
    op: 'com.microsoft.Attention',
    about: 'behind a past',
    graph: `${MICROSOFT} (float[2,3,6] x, float[6,12] w, float[12] b, float[2,2,2,2,2] p) => (float[2,3,4] y, float[2,2,2,5,2] n) {
      y, n = com.microsoft.Attention<num_heads=2, unidirectional=1>(x, w, b, "", p) }`,
  },
  {
    op: 'com.microsoft.Attention',
    about: 'values of another size',
    graph: `${MICROSOFT} (float[2,3,6] x, float[6,14] w, float[14] b) => (float[2,3,6] y) {
      y = com.microsoft.Attention<num_heads=2, qkv_hidden_sizes=[4,4,6]>(x, w, b) }`,
  },
  {
    op: 'com.microsoft.MultiHeadAttention',
    about: 'behind a past',
    graph: `${MICROSOFT} (float[2,2,4] q, float[2,2,4] k, float[2,2,4] v, float[2,2,3,2] a, float[2,2,3,2] b) => (float[2,2,4] y, float[2,2,5,2] c, float[2,2,5,2] d) {
      y, c, d = com.microsoft.MultiHeadAttention<num_heads=2, unidirectional=1>(q, k, v, "", "", "", a, b) }`,
  },
  {
    op: 'com.microsoft.MultiHeadAttention',
    about: 'keys by head',
    graph: `${MICROSOFT} (float[2,3,4] q, float[2,2,5,2] k, float[2,2,5,2] v) => (float[2,3,4] y) {
      y = com.microsoft.MultiHeadAttention<num_heads=2>(q, k, v) }`,
  },
  {
    op: 'Attention',
    about: 'behind a past',
    graph: `${NEWEST} (float[2,2,3,4] q, float[2,1,3,4] k, float[2,1,3,4] v, float[2,1,2,4] a, float[2,1,2,4] b) => (float[2,2,3,4] y, float[2,1,5,4] c, float[2,1,5,4] d) {
      y, c, d = Attention<is_causal=1>(q, k, v, "", a, b) }`,
  },
  {
    op: 'Attention',
    about: 'capped and masked',
    graph: `${NEWEST} (float[2,2,3,4] q, float[2,2,3,4] k, float[2,2,3,4] v, float[3,3] m) => (float[2,2,3,4] y) {
      y = Attention<softcap=0.5>(q, k, v, m) }`,
  },
];
