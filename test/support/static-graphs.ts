/** Small graphs for calibrated int8: what may run on integers, what must not, and what stands between. */

import type { Model } from '../../src/ir/model.ts';
import { noisyModel } from './quantized.ts';

const CONV = 'float[8,8,3,3] w = {0}, float[8] b = {0}';
const PADDED = '<pads = [1,1,1,1]>';

export const STATIC_GRAPHS = {
  'one Conv': `g (float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}> { [c] y = Conv ${PADDED} (x, w, b) }`,
  'Conv, Relu, Conv': `g (float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}, float[8,8,1,1] v = {0}> {
    [c] a = Conv ${PADDED} (x, w, b) r = Relu(a) [d] y = Conv(r, v) }`,
  'Conv, Clip, Conv': `g (float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}, float[8,8,1,1] v = {0}, float lo = {-0.25}, float hi = {0.25}> {
    [c] a = Conv ${PADDED} (x, w, b) r = Clip(a, lo, hi) [d] y = Conv(r, v) }`,
  'a Clip that leaves zero out': `g (float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}, float[8,8,1,1] v = {0}, float lo = {0.25}, float hi = {0.5}> {
    [c] a = Conv ${PADDED} (x, w, b) r = Clip(a, lo, hi) [d] y = Conv(r, v) }`,
  'a Relu beside another reader': `g (float[2,8,6,6] x) => (float[2,8,6,6] y, float[2,8,6,6] z) <${CONV}, float[8,8,1,1] v = {0}> {
    [c] a = Conv ${PADDED} (x, w, b) r = Relu(a) [d] y = Conv(r, v) z = Tanh(a) }`,
  'a residual block': `g (float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}, float[8,8,3,3] v = {0}, float[8] d = {0}, float[8,8,1,1] u = {0}> {
    [one] a = Conv ${PADDED} (x, w, b) r = Relu(a) [two] c = Conv ${PADDED} (r, v, d) s = Add(c, r) t = Relu(s) [three] y = Conv(t, u) }`,
  'a Relu behind a Reshape': `g (float[2,8,6,6] x) => (float[2,5] y) <${CONV}, int64[2] flat = {2, 288}, float[288,5] v = {0}> {
    [c] a = Conv ${PADDED} (x, w, b) f = Reshape(a, flat) r = Relu(f) [m] y = MatMul(r, v) }`,
  'a Concat of two Convs': `g (float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}, float[8,8,3,3] v = {0}, float[8,16,1,1] u = {0}> {
    [one] p = Conv ${PADDED} (x, w, b) [two] q = Conv ${PADDED} (x, v) j = Concat <axis = 1> (p, q) [three] y = Conv(j, u) }`,
  'a Relu behind a Concat': `g (float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}, float[8,8,3,3] v = {0}, float[8,16,1,1] u = {0}> {
    [one] p = Conv ${PADDED} (x, w, b) [two] q = Conv ${PADDED} (x, v) j = Concat <axis = 1> (p, q) r = Relu(j) [three] y = Conv(r, u) }`,
  'a Concat of what is cut off and what is not': `g (float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}, float[8,8,3,3] v = {0}, float[8,16,1,1] u = {0}> {
    [one] p = Conv ${PADDED} (x, w, b) r = Relu(p) [two] q = Conv ${PADDED} (x, v) j = Concat <axis = 1> (r, q) [three] y = Conv(j, u) }`,
  'a Concat of ranges that differ': `g (float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}, float[8,8,3,3] v = {0}, float[8,16,1,1] u = {0}, float[1,8,1,1] far = {40}> {
    [one] p = Conv ${PADDED} (x, w, b) [two] q = Conv ${PADDED} (x, v) s = Mul(q, far) t = Sigmoid(p) j = Concat <axis = 1> (s, t) [three] y = Conv(j, u) }`,
  'movers between Convs': `g (float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}, float[8,8,1,1] v = {0}, int64[4] shape = {2, 8, 6, 6}> {
    [c] a = Conv ${PADDED} (x, w, b) r = Relu(a) m = MaxPool <kernel_shape = [3,3], pads = [1,1,1,1]> (r)
    t = Transpose <perm = [0,1,3,2]> (m) s = Reshape(t, shape) [d] y = Conv(s, v) }`,
  'movers in front': `g (float[2,6,6,8] x) => (float[2,8,6,6] y) <${CONV}> { t = Transpose <perm = [0,3,1,2]> (x) [c] y = Conv ${PADDED} (t, w, b) }`,
  'pools and a classifier': `g (float[2,8,6,6] x) => (float[2,4] y) <${CONV}, float[4,8] k = {0}, float[4] d = {0}> {
    [c] a = Conv ${PADDED} (x, w, b) r = Relu(a) p = AveragePool <kernel_shape = [2,2], strides = [2,2]> (r)
    g1 = GlobalAveragePool(p) f = Flatten(g1) [h] y = Gemm <transB = 1> (f, k, d) }`,
  'gates and slopes': `g (float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}, float[8,8,1,1] v = {0}, float[8,8,1,1] u = {0}> {
    [c] a = Conv ${PADDED} (x, w, b) s = Sigmoid(a) m = Mul(a, s) [d] e = Conv(m, v) l = LeakyRelu <alpha = 0.1> (e) [f] y = Conv(l, u) }`,
  'a Where of two Convs': `g (float[2,8,6,6] x, bool[2,8,6,6] c) => (float[2,8,6,6] y) <${CONV}, float[8,8,3,3] v = {0}, float[8,8,1,1] u = {0}> {
    [one] p = Conv ${PADDED} (x, w, b) [two] q = Conv ${PADDED} (x, v) s = Where(c, p, q) [three] y = Conv(s, u) }`,
  'a Split between Convs': `g (float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}, float[8,4,1,1] v = {0}, float[8,4,1,1] u = {0}> {
    [one] p = Conv ${PADDED} (x, w, b) l, r = Split <axis = 1, num_outputs = 2> (p) [two] s = Conv(l, v) [three] t = Conv(r, u) y = Sub(s, t) }`,
  'an enlarged map': `g (float[2,8,6,6] x) => (float[2,8,12,12] y) <${CONV}, float[8,8,1,1] v = {0}, float[4] by = {1, 1, 2, 2}> {
    [c] a = Conv ${PADDED} (x, w, b) r = Resize <mode = "nearest"> (a, "", by) [d] y = Conv(r, v) }`,
  'an output in the middle': `g (float[2,8,6,6] x) => (float[2,8,6,6] y, float[2,8,6,6] r) <${CONV}, float[8,8,1,1] v = {0}> {
    [c] a = Conv ${PADDED} (x, w, b) r = Relu(a) [d] y = Conv(r, v) }`,
  'a channel of zeros': `g (float[2,2,3,3] x) => (float[2,3,3,3] y) <float[3,2,1,1] w = {0.5, -0.25, 0, 0, 1, 0.125}, float[3] b = {0.5, 3.5, -1}> {
    [c] y = Conv(x, w, b) }`,
  'a bias beyond int32': `g (float[2,2] x) => (float[2,2] y) <float[2,2] w = {1e-9, 2e-9, -1e-9, 1e-9}, float[2] b = {900, -40}> {
    [h] y = Gemm(x, w, b) }`,
  attention: `g (float[2,6,16] x) => (float[2,6,16] y) <float[16,16] wq = {0}, float[16,16] wk = {0}, float[16,16] wv = {0}, float[16,16] wo = {0}, float scale = {0.25}> {
    [q] q1 = MatMul(x, wq) [k] k1 = MatMul(x, wk) [v] v1 = MatMul(x, wv) kt = Transpose <perm = [0,2,1]> (k1)
    [qk] s = MatMul(q1, kt) m = Mul(s, scale) p = Softmax <axis = -1> (m) [pv] h = MatMul(p, v1) [o] y = MatMul(h, wo) }`,
  'a Gemm and its activation': `g (float[5,16] x) => (float[5,4] y) <float[16,8] w = {0}, float[8] b = {0}, float[8,4] v = {0}, float[4] d = {0}> {
    [one] a = Gemm(x, w, b) r = Relu(a) [two] y = Gemm(r, v, d) }`,
  'one weight for two': `g (float[5,16] x) => (float[5,16] y) <float[16,16] w = {0}> { [one] a = MatMul(x, w) t = Tanh(a) [two] y = MatMul(t, w) }`,
  'one bias for two': `g (float[5,16] x) => (float[5,16] y) <float[16,16] w = {0}, float[16,16] v = {0}, float[16] b = {0}> {
    [one] a = Gemm(x, w, b) t = Tanh(a) [two] y = Gemm(t, v, b) }`,
  'one value for three': `g (float[5,16] x) => (float[5,16] y, float[5,16] z, float[5,16] n) <float[16,16] w = {0}, float[16,16] v = {0}> {
    [one] y = MatMul(x, w) [two] z = MatMul(x, v) n = Neg(x) }`,
  'branches with layers': `g (bool c, float[5,16] x) => (float[5,16] y) <float[16,16] w = {0}> { h = Tanh(x) [pick] y = If(c) <
    then_branch = a () => (float[5,16] s) <float[16,16] wa = {0}, float[16] ba = {0}> { [ma] t = Gemm(h, wa, ba) r = Relu(t) [mb] s = Gemm(r, w) },
    else_branch = b () => (float[5,16] u) { [mc] v = MatMul(h, w) u = Neg(v) }> }`,
  'integers read in a branch': `g (bool c, float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}, float[8,8,1,1] v = {0}> {
    [one] a = Conv ${PADDED} (x, w, b) r = Relu(a) [two] e = Conv(r, v) [pick] p = If(c) <
    then_branch = t () => (float[2,8,6,6] s) { [inner] f = Conv(r, v) s = Conv(f, v) },
    else_branch = f () => (float[2,8,6,6] u) { u = Neg(r) }> y = Sub(e, p) }`,
  'a branch never taken': `g (float[5,16] x) => (float[5,16] y) <float[16,16] w = {0}, float far = {1e6}> {
    m = ReduceMax <keepdims = 0> (x) c = Greater(m, far) [pick] y = If(c) <
    then_branch = a () => (float[5,16] s) <float[16,16] wa = {0}> { t = Tanh(x) [ma] s = MatMul(t, wa) },
    else_branch = b () => (float[5,16] u) { [mb] u = MatMul(x, w) }> }`,
  'a layer in a Loop': `g (float[5,16] x) => (float[5,16] y) <int64 n = {3}, bool go = {1}> { [again] y = Loop(n, go, x) <
    body = l (int64 i, bool k, float[5,16] h) => (bool m, float[5,16] o) <float[16,16] w = {0}, float[16] b = {0}>
    { m = Identity(k) [step] p = Gemm(h, w, b) o = Tanh(p) }> }`,
  'a value of both worlds': `g (float[2,8,6,6] x) => (float[2,8,6,6] y) <${CONV}, float[8,8,1,1] v = {0}> {
    [c] a = Conv ${PADDED} (x, w, b) r = Relu(a) [d] e = Conv(r, v) h = Tanh(r) y = Mul(e, h) }`,
  'nothing to quantize': 'g (float[5,16] x) => (float[5,16] y) { t = Tanh(x) y = Softmax(t) }',
} as const;

export type StaticGraph = keyof typeof STATIC_GRAPHS;
export const STATIC_NAMES = Object.keys(STATIC_GRAPHS) as StaticGraph[];

/** A graph of the table; constants of 16 elements and more are noise. */
export function staticGraph(name: StaticGraph): Model {
  return noisyModel(STATIC_GRAPHS[name], 8);
}
