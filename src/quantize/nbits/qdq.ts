/** Blocked QDQ of opset 21: the constant as int4 or int8 with one DequantizeLinear per block of the contraction. */
import { int } from '../../ir/attribute.ts';
import type { DType } from '../../ir/dtype.ts';
import { floatsOf } from '../../ir/floats.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { quantizeLinearColumns, quantizeLinearRows } from '../../numeric/block-linear.ts';
import { lazyTensors, type PartType } from '../lazy.ts';
import type { SchemeOptions } from '../schemes/scheme.ts';
import { isSymmetric } from './matrix.ts';

/** Symmetric codes are signed where ONNX has a signed type that small; 8-bit ones lie around 128. */
function dtypeOf(bits: SchemeOptions['bits'], symmetric: boolean): DType {
  if (bits === 8) return 'uint8';
  if (bits === 4) return symmetric ? 'int4' : 'uint4';
  return symmetric ? 'int2' : 'uint2';
}

/** Puts `DequantizeLinear(block_size)` in front of a constant operand, once per constant. */
export class BlockedQdq {
  readonly retired = new Set<Value>();
  readonly #made = new Map<Value, Value>();
  readonly #options: SchemeOptions;

  constructor(options: SchemeOptions) {
    this.#options = options;
  }

  /** @param axis the contraction axis of the constant, along which blocks run */
  replace(node: Node, index: number, axis: number): string | null {
    const value = node.input(index);
    if (value?.tensor?.dims.length !== 2) return 'no constant matrix';
    if (value.tensor.dtype !== 'float32') return `its weight is ${value.tensor.dtype}`;
    const floats = this.#made.get(value) ?? this.#make(value, axis);
    this.#made.set(value, floats);
    this.retired.add(value);
    node.setInput(index, floats);
    return null;
  }

  #make(value: Value, axis: number): Value {
    const { tensor, graph, name } = value;
    if (!tensor) throw new Error(`${name} is no constant`);
    const { bits, blockSize } = this.#options;
    const symmetric = isSymmetric(this.#options);
    const dtype = dtypeOf(bits, symmetric);
    // Only unsigned 8-bit codes need their zero point spelled out when it is the middle.
    const middle = symmetric && bits === 8;
    const [rows, columns] = tensor.dims as [number, number];
    const blocks = Math.ceil((axis === 0 ? rows : columns) / blockSize);
    const scaleDims = axis === 0 ? [blocks, columns] : [rows, blocks];
    const spec = { bits, blockSize, symmetric };
    const part: PartType = { dtype, dims: scaleDims };
    const made = lazyTensors(
      {
        codes: { dtype, dims: tensor.dims },
        scales: { dtype: 'float32', dims: scaleDims },
        zeroPoints: symmetric && !middle ? null : part,
      } as const,
      () => {
        const quantizeBlocks = axis === 0 ? quantizeLinearColumns : quantizeLinearRows;
        const blocked = quantizeBlocks(floatsOf(tensor), rows, columns, spec);
        return middle ? { ...blocked, zeroPoints: new Uint8Array(blocked.scales.length).fill(128) } : blocked;
      },
    );
    const floats = graph.value(`${name}_dequantized`);
    floats.type = { dtype: 'float32', shape: tensor.dims };
    graph.prepend({
      op: 'DequantizeLinear',
      name: `${name}_DequantizeLinear`,
      inputs: [
        graph.addInitializer(`${name}_DQ_Q${bits}`, made.codes),
        graph.addInitializer(`${name}_DQ_scales`, made.scales),
        ...(made.zeroPoints ? [graph.addInitializer(`${name}_DQ_zero_points`, made.zeroPoints)] : []),
      ],
      outputs: [floats],
      attributes: new Map([
        ['axis', int(axis)],
        ['block_size', int(blockSize)],
      ]),
    });
    return floats;
  }
}
