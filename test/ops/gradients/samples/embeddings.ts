/** Samples of rotary and fused embeddings, and of forms of masks. */
import type { GradientSample } from '../check.ts';

const MICROSOFT = '<ir_version: 10, opset_import: ["": 21, "com.microsoft": 1]> g';
const NEWEST = '<ir_version: 11, opset_import: ["": 23]> g';

const turned = (
  about: string,
  x: string,
  ids: string,
  p: readonly number[],
  attributes: string,
): GradientSample => ({
  op: 'com.microsoft.RotaryEmbedding',
  about,
  graph: `${MICROSOFT} (float${x} x, int64${ids} p, float[6,2] c, float[6,2] s) => (float${x} y) {
    y = com.microsoft.RotaryEmbedding${attributes}(x, p, c, s) }`,
  feeds: { p },
});

export const embeddings: readonly GradientSample[] = [
  turned('from a place on', '[2,3,8]', '[1]', [2], ''),
  turned('each row at its place', '[2,3,8]', '[2,3]', [0, 1, 2, 3, 4, 5], ''),
  turned('by head, neighbours in pairs', '[2,2,3,4]', '[2,3]', [5, 1, 2, 0, 4, 3], '<interleaved=1>'),
  turned('a part of each head', '[2,3,12]', '[1]', [0], '<num_heads=2, rotary_embedding_dim=4>'),
  {
    op: 'RotaryEmbedding',
    about: 'angles of each row',
    graph: `${NEWEST} (float[2,3,8] x, float[2,3,2] c, float[2,3,2] s) => (float[2,3,8] y) {
      y = RotaryEmbedding<num_heads=2>(x, c, s) }`,
  },
  {
    op: 'RotaryEmbedding',
    about: 'by head and place',
    graph: `${NEWEST} (float[2,2,3,4] x, float[6,2] c, float[6,2] s, int64[2,3] p) => (float[2,2,3,4] y) {
      y = RotaryEmbedding<interleaved=1>(x, c, s, p) }`,
    feeds: { p: [5, 1, 2, 0, 4, 3] },
  },
  {
    op: 'com.microsoft.EmbedLayerNormalization',
    about: 'words, places, segments and a mask',
    graph: `${MICROSOFT} (int32[2,3] i, int32[2,3] t, float[5,4] w, float[4,4] p, float[2,4] v, float[4] s, float[4] b, int32[2,3] m) => (float[2,3,4] y, int32[2] n) {
      y, n = com.microsoft.EmbedLayerNormalization<epsilon=0.01>(i, t, w, p, v, s, b, m) }`,
    feeds: { i: [0, 1, 2, 3, 4, 0], t: [0, 0, 1, 0, 1, 1], m: [1, 1, 1, 1, 1, 0] },
  },
  {
    op: 'com.microsoft.EmbedLayerNormalization',
    about: 'words and places',
    graph: `${MICROSOFT} (int32[2,3] i, float[5,4] w, float[4,4] p, float[4] s, float[4] b) => (float[2,3,4] y, int32[2] n) {
      y, n = com.microsoft.EmbedLayerNormalization<epsilon=0.01>(i, "", w, p, "", s, b) }`,
    feeds: { i: [0, 1, 2, 3, 4, 0] },
  },
];
