/** Blocked QDQ of opset 21: the constant as int4 or int8 with one DequantizeLinear per block of the contraction. */
import { int } from '../../ir/attribute.ts';
import type { DType } from '../../ir/dtype.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import type { BlockBits } from '../../numeric/block.ts';
import { lazyTensors, type PartType } from '../lazy.ts';
import { linearBlocksOf, type MatrixSpec } from '../recipes/blocks.ts';
import { withoutData } from '../rounding/without-data.ts';
import type { SchemeOptions } from '../schemes/scheme.ts';
import { type BlockedMatrix, storeParts } from './blocked-matrix.ts';
import { isSymmetric } from './matrix.ts';

/** Symmetric codes are signed where ONNX has a signed type that small; 8-bit ones lie around 128. */
function dtypeOf(bits: BlockBits, symmetric: boolean): DType {
  if (bits === 8) return 'uint8';
  if (bits === 4) return symmetric ? 'int4' : 'uint4';
  return symmetric ? 'int2' : 'uint2';
}

/** Puts `DequantizeLinear(block_size)` in front of a constant operand, once per constant. */
export class BlockedQdq {
  readonly retired = new Set<Value>();
  /** What was made, in order. */
  readonly made: BlockedMatrix[] = [];
  readonly #floats = new Map<Value, Value>();
  readonly #options: SchemeOptions;

  constructor(options: SchemeOptions) {
    this.#options = options;
  }

  /** @param axis the contraction axis of the constant, along which blocks run */
  replace(node: Node, index: number, axis: 0 | 1, bits: BlockBits): string | null {
    const value = node.input(index);
    if (value?.tensor?.dims.length !== 2) return 'no constant matrix';
    if (value.tensor.dtype !== 'float32') return `its weight is ${value.tensor.dtype}`;
    const floats = this.#floats.get(value) ?? this.#make(value, axis, bits);
    this.#floats.set(value, floats);
    this.retired.add(value);
    node.setInput(index, floats);
    return null;
  }

  #make(value: Value, axis: 0 | 1, bits: BlockBits): Value {
    const { tensor, graph, name } = value;
    if (!tensor) throw new Error(`${name} is no constant`);
    const { blockSize } = this.#options;
    const rounding = withoutData(this.#options.rounding);
    const symmetric = isSymmetric(this.#options);
    const dtype = dtypeOf(bits, symmetric);
    const [rows, columns] = tensor.dims as [number, number];
    const blocks = Math.ceil((axis === 0 ? rows : columns) / blockSize);
    const scaleDims = axis === 0 ? [blocks, columns] : [rows, blocks];
    const runs = axis === 0 ? 'columns' : 'rows';
    const spec: MatrixSpec = { rounding, bits, blockSize, symmetric, rows, columns, runs };
    const part: PartType = { dtype, dims: scaleDims };
    const made = lazyTensors(
      {
        codes: { dtype, dims: tensor.dims },
        scales: { dtype: 'float32', dims: scaleDims },
        // Of symmetric codes only unsigned 8-bit ones need their zero point spelled out.
        zeroPoints: symmetric && bits < 8 ? null : part,
      } as const,
      { kind: 'linear-blocks', spec },
      tensor,
    );
    const codes = graph.addInitializer(`${name}_DQ_Q${bits}`, made.codes);
    const scales = graph.addInitializer(`${name}_DQ_scales`, made.scales);
    const zeroPoints = made.zeroPoints && graph.addInitializer(`${name}_DQ_zero_points`, made.zeroPoints);
    this.made.push({
      value,
      name,
      axis,
      inputs: axis === 0 ? rows : columns,
      outputs: axis === 0 ? columns : rows,
      bits,
      store: (layer) => storeParts({ codes, scales, zeroPoints }, linearBlocksOf(layer, spec)),
    });
    const floats = graph.value(`${name}_dequantized`);
    floats.type = { dtype: 'float32', shape: tensor.dims };
    graph.prepend({
      op: 'DequantizeLinear',
      name: `${name}_DequantizeLinear`,
      inputs: [codes, scales, ...(zeroPoints ? [zeroPoints] : [])],
      outputs: [floats],
      attributes: new Map([
        ['axis', int(axis)],
        ['block_size', int(blockSize)],
      ]),
    });
    return floats;
  }
}
