/** Derivatives of products with weights in blocks of few bits, which stay as they are. */
import { attributesOf } from '../../ir/formula.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { packCodes, unpackCodes } from '../../numeric/packing.ts';
import type { Derivative, GradientScope } from '../gradient.ts';

/** A matrix of N rows, each of `blocks` blocks. */
interface Layout {
  readonly bits: 2 | 4 | 8;
  readonly rows: number;
  readonly columns: number;
  readonly blocks: number;
  readonly block: number;
}

/** Y = A W^T + bias: A gets dY W, with W read out of its codes anew each time, which takes less memory than keeping it. */
export const blockedProduct: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { f, node } = g;
    for (const index of [1, 2, 3])
      if (g.needs(index)) throw g.unsupported('its weight is quantized and cannot be trained');
    if (node.input(4)) throw g.unsupported('its columns have an order of their own');
    const toBias = node.input(5) && g.needs(5) ? g.unbroadcast(dy, 5) : null;
    return [g.needs(0) ? f.matmul(dy, weight(g)) : null, null, null, null, null, toBias];
  },
};

/** [N, K], as floats. */
function weight(g: GradientScope): Value {
  const { f, node } = g;
  const layout = layoutOf(g);
  const { rows, columns, blocks, block } = layout;
  const scales = f.reshape(g.input(2), [rows, blocks]);
  const codes = f.graph.addInitializer('codes', codesOf(g, layout));
  const zeros = node.input(3);
  const whole = zeros !== null && g.dtype(zeros) !== 'uint8';
  const points = whole ? null : f.graph.addInitializer('points', pointsOf(g, layout));
  const read = f.op('DequantizeLinear', points ? [codes, scales, points] : [codes, scales], {
    attributes: attributesOf({ axis: 1, block_size: block }),
  });
  if (!whole) return f.slice(read, 1, 0, columns);
  // Zero points that are no codes.
  const shift = f.reshape(f.mul(f.reshape(zeros, [rows, blocks]), scales), [rows, blocks, 1]);
  const shifted = f.sub(f.reshape(read, [rows, blocks, block]), shift);
  return f.slice(f.reshape(shifted, [rows, blocks * block]), 1, 0, columns);
}

function layoutOf(g: GradientScope): Layout {
  const { node } = g;
  const bits = node.int('bits', 4);
  const [rows, columns, block] = [node.int('N', 0), node.int('K', 0), node.int('block_size', 0)];
  if (bits !== 2 && bits !== 4 && bits !== 8) throw g.unsupported(`codes of ${bits} bits are not covered`);
  return { bits, rows, columns, block, blocks: Math.ceil(columns / block) };
}

/** Codes next to each other, in the smallest type that ai.onnx 21 reads: four bits stay four. */
function codesOf(g: GradientScope, { bits, rows, blocks, block }: Layout): Tensor {
  const dims = [rows, blocks * block];
  const { source } = constant(g, 1);
  if (bits === 4) return new Tensor({ dtype: 'uint4', dims, source });
  if (bits === 8) return new Tensor({ dtype: 'uint8', dims, source });
  return Tensor.of('uint8', dims, unpackCodes(source.read(), bits, rows * blocks * block));
}

/** The zero point of each block; rows begin at bytes of their own. The middle code where none are given. */
function pointsOf(g: GradientScope, { bits, rows, blocks }: Layout): Tensor {
  const points = new Uint8Array(rows * blocks).fill(1 << (bits - 1));
  if (g.node.input(3)) {
    const packed = constant(g, 3).bytes();
    const length = packed.byteLength / rows;
    for (let row = 0; row < rows; row++)
      points.set(unpackCodes(packed.subarray(row * length, (row + 1) * length), bits, blocks), row * blocks);
  }
  if (bits === 4) return Tensor.of('uint4', [rows, blocks], packCodes(points, bits));
  return Tensor.of('uint8', [rows, blocks], points);
}

function constant(g: GradientScope, index: number): Tensor {
  const { tensor } = g.input(index);
  if (!tensor) throw g.unsupported(`its input ${index} depends on the data`);
  return tensor;
}
