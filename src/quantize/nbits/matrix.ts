/** Low-bit matrices: the parts MatMulNBits and GatherBlockQuantized read, made once per constant, lazily. */
import type { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { type BlockBits, type BlockSpec, blockCount } from '../../numeric/block.ts';
import type { RoundedLayer } from '../../numeric/layer.ts';
import { packedLength } from '../../numeric/packing.ts';
import { lazyTensors, type PartType } from '../lazy.ts';
import { type NBitsSpec, nBitsOf } from '../recipes/blocks.ts';
import { withoutData } from '../rounding/without-data.ts';
import type { SchemeOptions } from '../schemes/scheme.ts';
import { type BlockedMatrix, storeParts } from './blocked-matrix.ts';

/** The quantized form of a matrix with contraction length k and n rows of output. */
export interface NBitsMatrix {
  readonly n: number;
  readonly k: number;
  readonly bits: BlockBits;
  /** uint8 [n, blocks, block bytes] */
  readonly codes: Value;
  /** [n, blocks], in the weight's float type */
  readonly scales: Value;
  /** uint8 [n, ceil(blocks * bits / 8)]; null when symmetric */
  readonly zeroPoints: Value | null;
}

/** Makes each matrix once: a tied weight has one set of codes, whoever uses it. */
export class NBitsMatrices {
  readonly retired = new Set<Value>();
  /** What was made, in order. */
  readonly made: BlockedMatrix[] = [];
  readonly #matrices = new Map<string, NBitsMatrix>();
  readonly #ids = new Map<Value, number>();
  readonly #options: SchemeOptions;

  constructor(options: SchemeOptions) {
    this.#options = options;
  }

  /**
   * @param value a constant whose dims are [k, n], or [n, k] when `rows`; leading dims of 1 are allowed
   * @param factor multiplies the scales, e.g. Gemm's alpha
   */
  get(value: Value, rows: boolean, bits: BlockBits, factor = 1): NBitsMatrix {
    const id = this.#ids.get(value) ?? this.#ids.size;
    this.#ids.set(value, id);
    const key = `${id}:${rows}:${bits}:${factor}`;
    const made = this.#matrices.get(key) ?? this.#make(value, rows, bits, factor);
    this.#matrices.set(key, made);
    this.retired.add(value);
    return made;
  }

  #make(value: Value, rows: boolean, bits: BlockBits, factor: number): NBitsMatrix {
    const { tensor, graph, name } = value;
    if (!tensor) throw new Error(`${name} is no constant`);
    const [first, second] = tensor.dims.slice(-2) as [number, number];
    const [n, k] = rows ? [first, second] : [second, first];
    const spec: NBitsSpec = {
      ...specOf(tensor, this.#options, bits),
      rounding: withoutData(this.#options.rounding),
      factor,
      rows: first,
      columns: second,
      runs: rows ? 'rows' : 'columns',
    };
    const parts = blockParts(tensor, n, k, spec);
    const codes = graph.addInitializer(`${name}_Q${bits}`, parts.codes);
    const scales = graph.addInitializer(`${name}_scales`, parts.scales);
    const zeroPoints = parts.zeroPoints
      ? graph.addInitializer(`${name}_zero_points`, parts.zeroPoints)
      : null;
    const axis = rows ? 1 : 0;
    const store = (layer: RoundedLayer): void =>
      storeParts({ codes, scales, zeroPoints }, nBitsOf(layer, spec));
    this.made.push({ value, name, axis, inputs: k, outputs: n, bits, store });
    return { n, k, bits, codes, scales, zeroPoints };
  }
}

/** Zero points are on unless asked away: they cost an eighth of a bit per weight and buy accuracy. */
export function isSymmetric(options: SchemeOptions): boolean {
  return options.rounding !== 'hqq' && (options.symmetric ?? options.parity);
}

function specOf(tensor: Tensor, options: SchemeOptions, bits: BlockBits): BlockSpec {
  const { blockSize } = options;
  const scaleType = tensor.dtype === 'float16' ? 'float16' : 'float32';
  return { bits, blockSize, symmetric: isSymmetric(options), scaleType };
}

/** Bytes of the quantized form, to compare with what it replaces. */
export function quantizedBytes(n: number, k: number, options: SchemeOptions): number {
  const { bits, blockSize } = options;
  const blocks = blockCount(k, blockSize);
  const zeroPoints = isSymmetric(options) ? 0 : packedLength(blocks, bits);
  return n * (blocks * packedLength(blockSize, bits) + blocks * 4 + zeroPoints);
}

interface BlockParts {
  readonly codes: Tensor;
  readonly scales: Tensor;
  readonly zeroPoints: Tensor | null;
}

function blockParts(tensor: Tensor, n: number, k: number, spec: NBitsSpec): BlockParts {
  const blocks = blockCount(k, spec.blockSize);
  const zeroPoints: PartType | null = spec.symmetric
    ? null
    : { dtype: 'uint8', dims: [n, packedLength(blocks, spec.bits)] };
  const parts = {
    codes: { dtype: 'uint8', dims: [n, blocks, packedLength(spec.blockSize, spec.bits)] },
    scales: { dtype: spec.scaleType ?? 'float32', dims: [n, blocks] },
    zeroPoints,
  } as const;
  return lazyTensors(parts, { kind: 'n-bits', spec }, tensor);
}
