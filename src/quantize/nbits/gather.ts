/** Gather from a constant table, as com.microsoft GatherBlockQuantized. */
import { type Attribute, int } from '../../ir/attribute.ts';
import type { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import { Emitter, takeOutputs } from '../emit.ts';
import { type SchemeOptions, WORTHWHILE } from '../schemes/scheme.ts';
import { type NBitsMatrices, quantizedBytes } from './matrix.ts';

/**
 * The table [rows, width] is quantized along its rows, exactly as MatMulNBits stores the same matrix transposed: a
 * tied embedding keeps one set of codes, seen through a Reshape.
 */
export function gatherToNBits(node: Node, matrices: NBitsMatrices, options: SchemeOptions): string | null {
  const [table, indices] = node.inputs;
  // Selecting from a computed value involves no weight.
  if (!table?.tensor || !indices) return '';
  const { dims, dtype, size, byteLength } = table.tensor;
  if (dtype !== 'float32' && dtype !== 'float16') return `GatherBlockQuantized takes no ${dtype}`;
  if (size < WORTHWHILE) return 'small: nothing to gain';
  if (dims.length !== 2 || node.int('axis') !== 0) return 'not rows of a matrix';
  const [rows, width] = dims as [number, number];
  if (width % options.blockSize !== 0)
    return `its rows of ${width} are no whole blocks of ${options.blockSize}`;
  if (quantizedBytes(rows, width, options) >= byteLength) return 'it would become larger';
  const matrix = matrices.get(table, true, options.bits);
  const emitter = new Emitter(node);
  const [output] = takeOutputs(node);
  if (!output) return 'its output is unused';
  const shape = Tensor.ints([rows, (width * options.bits) / 8]);
  const data = emitter.op(
    'Reshape',
    [matrix.codes, emitter.constant(`${table.name}_rows_shape`, shape)],
    `${table.name}_rows`,
  );
  const attributes: Record<string, Attribute> = {
    bits: int(options.bits),
    block_size: int(options.blockSize),
    gather_axis: int(0),
    quantize_axis: int(1),
  };
  const inputs = [data, indices, matrix.scales, ...(matrix.zeroPoints ? [matrix.zeroPoints] : [])];
  emitter.into('GatherBlockQuantized', inputs, [output], {
    name: node.name ? `${node.name}_Q${options.bits}` : '',
    domain: 'com.microsoft',
    attributes,
  });
  emitter.graph.remove(node);
  return null;
}
