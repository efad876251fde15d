/** Samples of products with weights in blocks, of a length that does not fill the last one. */
import type { GradientSample } from '../check.ts';

const [ROWS, COLUMNS, BLOCK] = [3, 36, 16];
const BLOCKS = Math.ceil(COLUMNS / BLOCK);

/** Bytes of no pattern. */
function bytes(count: number): string {
  return Array.from({ length: count }, (_, at) => (at * 151 + 89) % 256).join();
}

function product(bits: number, zeros: 'the middle' | 'codes' | 'floats', bias: boolean): GradientSample {
  const codes = (ROWS * BLOCKS * BLOCK * bits) / 8;
  const points = ROWS * Math.ceil((BLOCKS * bits) / 8);
  const floats = Array.from({ length: ROWS * BLOCKS }, (_, at) => 1 + at / 3).join();
  const zero = {
    'the middle': '',
    codes: `, uint8[${points}] z = {${bytes(points)}}`,
    floats: `, float[${ROWS * BLOCKS}] z = {${floats}}`,
  }[zeros];
  const scales = Array.from({ length: ROWS * BLOCKS }, (_, at) => (1 + (at % 4)) / 2 ** bits).join();
  return {
    op: 'com.microsoft.MatMulNBits',
    about: `${bits} bits, zero at ${zeros}${bias ? ', with a bias' : ''}`,
    graph: `<ir_version: 10, opset_import: ["": 21, "com.microsoft": 1]> g (float[2,2,${COLUMNS}] x${bias ? `, float[${ROWS}] b` : ''}) => (float[2,2,${ROWS}] y)
      <uint8[${ROWS},${BLOCKS},${(BLOCK * bits) / 8}] w = {${bytes(codes)}}, float[${ROWS * BLOCKS}] s = {${scales}}${zero}> {
      y = com.microsoft.MatMulNBits<K=${COLUMNS}, N=${ROWS}, bits=${bits}, block_size=${BLOCK}>(x, w, s, ${zero ? 'z' : '""'}, ""${bias ? ', b' : ''}) }`,
  };
}

export const blocked: readonly GradientSample[] = [
  product(4, 'the middle', false),
  product(4, 'codes', true),
  product(4, 'floats', false),
  product(2, 'the middle', false),
  product(2, 'codes', false),
  product(2, 'floats', false),
  product(8, 'the middle', false),
  product(8, 'codes', false),
];
