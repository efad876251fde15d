/** Small graphs with one kind of weight each, as text: what every scheme must handle or refuse with a reason. */

import type { Model } from '../../src/ir/model.ts';
import { noisyModel } from './quantized.ts';

const MICROSOFT = '<ir_version: 10, opset_import: ["": 20, "com.microsoft": 1]>';

export const MATMUL = {
  MatMul: 'g (float[N,64] x) => (float[N,48] y) <float[64,48] w = {0}> { [mm] y = MatMul(x, w) }',
  'MatMul of rank 3':
    'g (float[B,T,64] x) => (float[B,T,48] y) <float[64,48] w = {0}> { [mm] y = MatMul(x, w) }',
  'MatMul, constant on the left':
    'g (float[64,N] x) => (float[48,N] y) <float[48,64] w = {0}> { [mm] y = MatMul(w, x) }',
  'MatMul with a stack of matrices':
    'g (float[3,N,64] x) => (float[3,N,48] y) <float[3,64,48] w = {0}> { [mm] y = MatMul(x, w) }',
  'MatMul with a stack of one':
    'g (float[2,N,64] x) => (float[2,N,48] y) <float[1,64,48] w = {0}> { [mm] y = MatMul(x, w) }',
  'MatMul with a vector': 'g (float[N,300] x) => (float[N] y) <float[300] w = {0}> { [mm] y = MatMul(x, w) }',
  'MatMul of a vector': 'g (float[64] x) => (float[48] y) <float[64,48] w = {0}> { [mm] y = MatMul(x, w) }',
  'two MatMuls of one value': `g (float[N,64] x) => (float[N,48] y, float[N,32] z)
    <float[64,48] w = {0}, float[64,32] v = {0}> { [one] y = MatMul(x, w) [two] z = MatMul(x, v) }`,
  'one weight in two MatMuls': `g (float[N,64] x, float[N,64] z) => (float[N,48] y)
    <float[64,48] w = {0}> { [one] a = MatMul(x, w) [two] b = MatMul(z, w) y = Add(a, b) }`,
  'K not a multiple of a block':
    'g (float[N,50] x) => (float[N,33] y) <float[50,33] w = {0}> { [mm] y = MatMul(x, w) }',
  FusedMatMul: `${MICROSOFT} g (float[N,64] x) => (float[N,48] y)
    <float[48,64] w = {0}> { [mm] y = com.microsoft.FusedMatMul <alpha = 0.5, transB = 1> (x, w) }`,
} as const;

export const GEMM = {
  Gemm: 'g (float[N,64] x) => (float[N,48] y) <float[64,48] w = {0}, float[48] b = {0}> { [gemm] y = Gemm(x, w, b) }',
  'Gemm transB': `g (float[N,64] x) => (float[N,48] y) <float[48,64] w = {0}, float[48] b = {0}>
    { [gemm] y = Gemm <transB = 1> (x, w, b) }`,
  'Gemm transA': `g (float[64,N] x) => (float[N,48] y) <float[64,48] w = {0}, float[48] b = {0}>
    { [gemm] y = Gemm <transA = 1> (x, w, b) }`,
  'Gemm alpha and beta': `g (float[N,64] x) => (float[N,48] y) <float[64,48] w = {0}, float[48] b = {0}>
    { [gemm] y = Gemm <alpha = 0.5, beta = 2.0> (x, w, b) }`,
  'Gemm with a negative alpha': `g (float[N,64] x) => (float[N,48] y) <float[48,64] w = {0}>
    { [gemm] y = Gemm <alpha = -0.25, transB = 1> (x, w) }`,
  'Gemm without C': 'g (float[N,64] x) => (float[N,48] y) <float[64,48] w = {0}> { [gemm] y = Gemm(x, w) }',
  'Gemm with a computed C': `g (float[N,64] x, float[N,48] c) => (float[N,48] y) <float[64,48] w = {0}>
    { d = Relu(c) [gemm] y = Gemm <beta = 0.5> (x, w, d) }`,
  'Gemm with a scalar C':
    'g (float[N,64] x) => (float[N,48] y) <float[64,48] w = {0}, float[1] b = {3}> { [gemm] y = Gemm(x, w, b) }',
  'Gemm in half precision': `g (float16[N,64] x) => (float16[N,48] y) <float16[64,48] w = {0}, float16[48] b = {0}>
    { [gemm] y = Gemm <alpha = 0.5, beta = 2.0> (x, w, b) }`,
} as const;

export const CONV = {
  Conv: `g (float[N,16,9,9] x) => (float[N,24,7,7] y) <float[24,16,3,3] w = {0}, float[24] b = {0}>
    { [conv] y = Conv(x, w, b) }`,
  'Conv without bias':
    'g (float[N,16,9,9] x) => (float[N,24,7,7] y) <float[24,16,3,3] w = {0}> { [conv] y = Conv(x, w) }',
  'Conv in groups': `g (float[N,16,9,9] x) => (float[N,24,9,9] y) <float[24,4,3,3] w = {0}, float[24] b = {0}>
    { [conv] y = Conv <group = 4, pads = [1,1,1,1]> (x, w, b) }`,
  'Conv depthwise': `g (float[N,32,9,9] x) => (float[N,32,5,5] y) <float[32,1,3,3] w = {0}, float[32] b = {0}>
    { [conv] y = Conv <group = 32, pads = [1,1,1,1], strides = [2,2]> (x, w, b) }`,
  'Conv of one dimension': `g (float[N,16,20] x) => (float[N,24,16] y) <float[24,16,3] w = {0}, float[24] b = {0}>
    { [conv] y = Conv <dilations = [2]> (x, w, b) }`,
  'Conv of three dimensions': `g (float[N,8,5,5,5] x) => (float[N,12,3,3,3] y) <float[12,8,3,3,3] w = {0}, float[12] b = {0}>
    { [conv] y = Conv(x, w, b) }`,
  'Conv that pads itself': `g (float[N,16,9,9] x) => (float[N,24,9,9] y) <float[24,16,3,3] w = {0}, float[24] b = {0}>
    { [conv] y = Conv <auto_pad = "SAME_UPPER"> (x, w, b) }`,
  ConvTranspose: `g (float[N,16,9,9] x) => (float[N,12,11,11] y) <float[16,12,3,3] w = {0}, float[12] b = {0}>
    { [up] y = ConvTranspose(x, w, b) }`,
} as const;

export const RECURRENT = {
  LSTM: `g (float[T,B,24] x) => (float[T,1,B,16] y) <float[1,64,24] w = {0}, float[1,64,16] r = {0}, float[1,128] b = {0}>
    { [lstm] y = LSTM <hidden_size = 16> (x, w, r, b) }`,
  'LSTM both ways, with states': `g (float[T,2,24] x, float[2,2,16] h, float[2,2,16] c)
    => (float[T,2,2,16] y, float[2,2,16] yh, float[2,2,16] yc)
    <float[2,64,24] w = {0}, float[2,64,16] r = {0}, float[2,128] b = {0}, int32[2] lengths = {1, 1}>
    { [lstm] y, yh, yc = LSTM <hidden_size = 16, direction = "bidirectional"> (x, w, r, b, lengths, h, c) }`,
  'LSTM with peepholes, without bias': `g (float[T,B,24] x) => (float[1,B,16] yh)
    <float[1,64,24] w = {0}, float[1,64,16] r = {0}, float[1,48] p = {0}>
    { [lstm] "", yh = LSTM <hidden_size = 16> (x, w, r, "", "", "", "", p) }`,
  'LSTM with the batch first': `g (float[B,T,24] x) => (float[B,T,1,16] y)
    <float[1,64,24] w = {0}, float[1,64,16] r = {0}, float[1,128] b = {0}>
    { [lstm] y = LSTM <hidden_size = 16, layout = 1> (x, w, r, b) }`,
  GRU: `g (float[T,B,24] x) => (float[T,1,B,16] y) <float[1,48,24] w = {0}, float[1,48,16] r = {0}, float[1,96] b = {0}>
    { [gru] y = GRU <hidden_size = 16, linear_before_reset = 1> (x, w, r, b) }`,
  RNN: `g (float[T,B,24] x) => (float[T,1,B,16] y) <float[1,16,24] w = {0}, float[1,16,16] r = {0}, float[1,32] b = {0}>
    { [rnn] y = RNN <hidden_size = 16> (x, w, r, b) }`,
} as const;

export const GATHER = {
  'Gather of rows':
    'g (int64[N] i) => (float[N,64] y) <float[40,64] table = {0}> { [look] y = Gather(table, i) }',
  'Gather along axis 1':
    'g (int64[N] i) => (float[40,N] y) <float[40,64] table = {0}> { [look] y = Gather <axis = 1> (table, i) }',
  'Gather of rank 3':
    'g (int64[N] i) => (float[N,8,64] y) <float[10,8,64] table = {0}> { [look] y = Gather(table, i) }',
  'Gather from a vector':
    'g (int64[N] i) => (float[N] y) <float[400] table = {0}> { [look] y = Gather(table, i) }',
  'Gather of rows that are no whole blocks':
    'g (int64[N] i) => (float[N,50] y) <float[40,50] table = {0}> { [look] y = Gather(table, i) }',
  'an embedding tied to its projection': `g (int64[N] i) => (float[N,40] y) <float[40,64] table = {0}> {
    [look] rows = Gather(table, i) h = Tanh(rows) t = Transpose <perm = [1,0]> (table) [head] y = MatMul(h, t) }`,
  'an embedding tied to a Gemm': `g (int64[N] i) => (float[N,40] y) <float[40,64] table = {0}> {
    [look] rows = Gather(table, i) h = Tanh(rows) [head] y = Gemm <transB = 1> (h, table) }`,
  'a projection that stands before its embedding': `g (float[N,64] x, int64[N] i) => (float[N,40] y, float[N,64] z)
    <float[40,64] table = {0}> { [head] y = Gemm <transB = 1> (x, table) [look] z = Gather(table, i) }`,
  'a weight and its transpose': `g (float[N,64] x) => (float[N,64] y) <float[64,48] w = {0}> {
    [in] h = MatMul(x, w) r = Relu(h) t = Transpose(w) [out] y = MatMul(r, t) }`,
} as const;

export const ATTENTION = {
  Attention: `${MICROSOFT} g (float[B,S,32] x) => (float[B,S,32] y) <float[32,96] w = {0}, float[96] b = {0}>
    { [att] y = com.microsoft.Attention <num_heads = 4> (x, w, b) }`,
  'Attention with differing sizes': `${MICROSOFT} g (float[B,S,32] x) => (float[B,S,16] y)
    <float[32,80] w = {0}, float[80] b = {0}>
    { [att] y = com.microsoft.Attention <num_heads = 4, qkv_hidden_sizes = [32,32,16]> (x, w, b) }`,
} as const;

export const SUBGRAPHS = {
  'weights in both branches': `g (bool c, float[N,64] x) => (float[N,48] y) { [pick] y = If(c) <
    then_branch = a () => (float[N,48] s) <float[64,48] wa = {0}> { [ma] s = MatMul(x, wa) },
    else_branch = b () => (float[N,48] t) <float[64,48] wb = {0}> { [mb] t = MatMul(x, wb) }> }`,
  'one outer weight in two branches': `g (bool c, float[N,64] x) => (float[N,48] y) <float[64,48] w = {0}> { [pick] y = If(c) <
    then_branch = a () => (float[N,48] s) { r = Relu(x) [ma] s = MatMul(r, w) },
    else_branch = b () => (float[N,48] t) { [mb] u = MatMul(x, w) t = Neg(u) }> }`,
  'Constants in branches': `g (bool c, float[N,8] x) => (float[N,40] y) { [pick] y = If(c) <
    then_branch = a () => (float[N,40] s) { w = Constant <value = float[8,40] {0.25, -0.5, 0.125}> () [ma] s = MatMul(x, w) },
    else_branch = b () => (float[N,40] t) { v = Constant <value = float[8,40] {0.5, 0.0625}> () [mb] t = MatMul(x, v) }> }`,
  'a Loop': `g (float[N,64] x) => (float[N,64] y) <int64 n = {3}, bool go = {1}> { [again] y = Loop(n, go, x) <
    body = l (int64 i, bool k, float[N,64] h) => (bool m, float[N,64] o) <float[64,64] w = {0}>
    { m = Identity(k) [step] p = MatMul(h, w) o = Tanh(p) }> }`,
  'a Scan': `g (float[2,64] s, float[T,2,64] x) => (float[2,64] e, float[T,2,64] y) <float[64,64] w = {0}> {
    [over] e, y = Scan(s, x) <num_scan_inputs = 1, body = b (float[2,64] a, float[2,64] v) => (float[2,64] o, float[2,64] z)
    { [step] p = MatMul(v, w) q = Add(p, a) o = Tanh(q) z = Identity(o) }> }`,
  'a Gather in a branch': `g (bool c, int64[N] i) => (float[N,64] y) <float[40,64] table = {0}> { [pick] y = If(c) <
    then_branch = a () => (float[N,64] s) { [la] s = Gather(table, i) },
    else_branch = b () => (float[N,64] t) { [lb] u = Gather(table, i) t = Neg(u) }> }`,
  'an LSTM in a branch': `g (bool c, float[T,2,24] x) => (float[1,2,16] y) <float[1,64,24] w = {0}, float[1,64,16] r = {0}> {
    [pick] y = If(c) <
    then_branch = a () => (float[1,2,16] s) { [la] "", s = LSTM <hidden_size = 16> (x, w, r) },
    else_branch = b () => (float[1,2,16] t) { [lb] "", u = LSTM <hidden_size = 16> (x, w, r) t = Neg(u) }> }`,
} as const;

const IR3 = '<ir_version: 3, opset_import: ["": 11]>';

/** Weights that are no plain initializers; each ends in a MatMul `mm` (or calls of a function). */
export const HIDDEN = {
  'IR 3, listed among the inputs': `${IR3} g (float[N,64] x, float[64,48] w) => (float[N,48] y) <float[64,48] w = {0}>
    { [mm] y = MatMul(x, w) }`,
  'behind an Identity': `g (float[N,64] x) => (float[N,48] y) <float[64,48] w = {0}> { v = Identity(w) [mm] y = MatMul(x, v) }`,
  'behind a Transpose': `g (float[N,64] x) => (float[N,48] y) <float[48,64] w = {0}>
    { v = Transpose <perm = [1,0]> (w) [mm] y = MatMul(x, v) }`,
  'behind a Slice': `g (float[N,64] x) => (float[N,48] y)
    <float[64,50] w = {0}, int64[1] from = {1}, int64[1] to = {49}, int64[1] axis = {1}>
    { v = Slice(w, from, to, axis) [mm] y = MatMul(x, v) }`,
  'behind a Concat': `g (float[N,64] x) => (float[N,48] y) <float[64,30] w = {0}, float[64,18] u = {0}>
    { v = Concat <axis = 1> (w, u) [mm] y = MatMul(x, v) }`,
  'behind an Unsqueeze and a Reshape': `g (float[N,64] x) => (float[N,48] y)
    <float[3072] w = {0}, int64[1] axis = {0}, int64[2] shape = {64, 48}>
    { u = Unsqueeze(w, axis) v = Reshape(u, shape) [mm] y = MatMul(x, v) }`,
  'stored as fp16 behind a Cast': `g (float[N,64] x) => (float[N,48] y) <float16[64,48] w = {0}>
    { v = Cast <to = 1> (w) [mm] y = MatMul(x, v) }`,
  'behind everything at once': `g (float[N,64] x) => (float[N,48] y)
    <float16[24,64] w = {0}, float16[26,64] u = {0}, int64[1] from = {2}, int64[1] to = {50}, int64[1] axis = {0}, int64[2] shape = {64, 48}> {
      a = Identity(w) b = Concat <axis = 0> (a, u) c = Slice(b, from, to, axis) d = Transpose <perm = [1,0]> (c)
      e = Unsqueeze(d, axis) f = Reshape(e, shape) v = Cast <to = 1> (f) [mm] y = MatMul(x, v) }`,
  'a Constant node': `g (float[N,8] x) => (float[N,40] y)
    { w = Constant <value = float[8,40] {0.25, -0.5, 0.125, 0.75}> () [mm] y = MatMul(x, w) }`,
  'given to a function': `<ir_version: 10, opset_import: ["": 20, "local": 1]>
    g (float[N,64] x) => (float[N,32] y) <float[64,48] w = {0}, float[48,32] v = {0}>
    { [first] h = local.dense(x, w) [second] y = local.dense(h, v) }
    <domain: "local", opset_import: ["": 20]> dense (a, k) => (b) { [mm] p = MatMul(a, k) b = Relu(p) }`,
  'a Constant in a function': `<ir_version: 10, opset_import: ["": 20, "local": 1]>
    g (float[N,8] x) => (float[N,40] y) { [call] y = local.dense(x) }
    <domain: "local", opset_import: ["": 20]> dense (a) => (b)
    { k = Constant <value = float[8,40] {0.25, -0.5, 0.125, 0.75}> () [mm] p = MatMul(a, k) b = Relu(p) }`,
} as const;

/** Weights that are narrower or wider than float32. */
export const OTHER_FLOATS = {
  'MatMul in half precision':
    'g (float16[N,64] x) => (float16[N,48] y) <float16[64,48] w = {0}> { [mm] y = MatMul(x, w) }',
  'Conv in half precision': `g (float16[N,16,9,9] x) => (float16[N,24,7,7] y) <float16[24,16,3,3] w = {0}, float16[24] b = {0}>
    { [conv] y = Conv(x, w, b) }`,
  'Gather in half precision':
    'g (int64[N] i) => (float16[N,64] y) <float16[40,64] table = {0}> { [look] y = Gather(table, i) }',
  'Gather of rank 3 in half precision':
    'g (int64[N] i) => (float16[N,8,64] y) <float16[10,8,64] table = {0}> { [look] y = Gather(table, i) }',
  'a tied table in half precision': `g (int64[N] i) => (float16[N,40] y) <float16[40,64] table = {0}> {
    [look] rows = Gather(table, i) h = Tanh(rows) t = Transpose <perm = [1,0]> (table) [head] y = MatMul(h, t) }`,
  'MatMul in double precision':
    'g (double[N,64] x) => (double[N,48] y) <double[64,48] w = {0}> { [mm] y = MatMul(x, w) }',
} as const;

export const GRAPHS: Readonly<Record<string, string>> = {
  ...MATMUL,
  ...GEMM,
  ...CONV,
  ...RECURRENT,
  ...GATHER,
  ...ATTENTION,
  ...SUBGRAPHS,
  ...HIDDEN,
  ...OTHER_FLOATS,
};

/** A graph of the table with noise for weights. */
export function graphOf(name: string): Model {
  const text = GRAPHS[name];
  if (text === undefined) throw new Error(`no graph '${name}'`);
  return noisyModel(text);
}
