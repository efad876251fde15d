/** Samples of fused operators, which are taken apart. */
import type { GradientSample } from '../check.ts';

const MICROSOFT = '<ir_version: 10, opset_import: ["": 21, "com.microsoft": 1]> g';

function own(op: string, about: string, graph: string, more: Partial<GradientSample> = {}): GradientSample {
  return { op: `com.microsoft.${op}`, about, graph: `${MICROSOFT} ${graph}`, ...more };
}

export const fused: readonly GradientSample[] = [
  own(
    'Attention',
    'all see all',
    `(float[2,3,6] x, float[6,12] w, float[12] b) => (float[2,3,4] y) {
      y = com.microsoft.Attention<num_heads=2>(x, w, b) }`,
  ),
  own(
    'Attention',
    'masked, towards the past only',
    `(float[2,3,6] x, float[6,12] w, float[12] b, int32[2,3] m) => (float[2,3,4] y) {
      y = com.microsoft.Attention<num_heads=2, unidirectional=1>(x, w, b, m) }`,
    { feeds: { m: [1, 1, 1, 1, 1, 0] } },
  ),
  own(
    'MultiHeadAttention',
    'crosswise',
    `(float[2,3,4] q, float[2,5,4] k, float[2,5,6] v) => (float[2,3,6] y) {
      y = com.microsoft.MultiHeadAttention<num_heads=2>(q, k, v) }`,
  ),
  own(
    'MultiHeadAttention',
    'with biases and a mask',
    `(float[2,3,4] q, float[2,3,4] k, float[2,3,4] v, float[12] b, float[2,2,3,3] a, int32[2,3] m) => (float[2,3,4] y) {
      y = com.microsoft.MultiHeadAttention<num_heads=2, scale=0.3>(q, k, v, b, m, a) }`,
    { feeds: { m: [1, 1, 1, 1, 1, 0] } },
  ),
  {
    op: 'Attention',
    about: 'by head',
    graph: `<ir_version: 11, opset_import: ["": 23]> g (float[2,2,3,4] q, float[2,2,5,4] k, float[2,2,5,3] v) => (float[2,2,3,3] y) {
      y = Attention(q, k, v) }`,
  },
  {
    op: 'Attention',
    about: 'shared keys, towards the past only',
    graph: `<ir_version: 11, opset_import: ["": 23]> g (float[2,3,16] q, float[2,3,8] k, float[2,3,8] v) => (float[2,3,16] y) {
      y = Attention<q_num_heads=4, kv_num_heads=2, is_causal=1, scale=0.4>(q, k, v) }`,
  },
  own(
    'FusedMatMul',
    '',
    `(float[2,4,3] a, float[2,5,4] b) => (float[2,3,5] y) {
      y = com.microsoft.FusedMatMul<transA=1, transB=1, alpha=0.5>(a, b) }`,
  ),
  own(
    'TransposeMatMul',
    '',
    `(float[4,3] a, float[4,5] b) => (float[3,5] y) {
      y = com.microsoft.TransposeMatMul<transA=1, alpha=0.5>(a, b) }`,
  ),
  own(
    'FusedGemm',
    '',
    `(float[3,4] a, float[4,5] b, float[5] c) => (float[3,5] y) {
      y = com.microsoft.FusedGemm<activation="Tanh", alpha=0.5>(a, b, c) }`,
  ),
  own(
    'FusedConv',
    '',
    `(float[1,2,5,5] x, float[3,2,3,3] w, float[3] b, float[1,3,3,3] z) => (float[1,3,3,3] y) {
      y = com.microsoft.FusedConv<activation="Sigmoid", kernel_shape=[3,3]>(x, w, b, z) }`,
  ),
];
