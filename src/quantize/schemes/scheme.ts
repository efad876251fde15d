/** What every scheme is given and what it is: a function over the model that reports into an Outcome. */
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Selection } from '../../passes/selection.ts';
import type { Context } from '../../step.ts';
import type { QuantizeOptions } from '../options.ts';
import type { Outcome } from '../outcome.ts';
import type { RoundingName } from '../rounding/table.ts';
import type { StaticOptions } from '../static/options.ts';
import type { ChannelMoments } from '../transforms/gaussian.ts';

/** Options shared by the schemes; each reads what concerns it. */
export interface SchemeOptions {
  readonly select: Selection;
  readonly perChannel: boolean;
  /** null: what suits the scheme; 8-bit codes are symmetric then, unless onnxruntime's would not be. */
  readonly symmetric: boolean | null;
  readonly weightType: 'int8' | 'uint8';
  readonly reduceRange: boolean;
  /** int8: in place of `reduceRange` for weights of products with calibrated data. */
  readonly boundPairs: boolean;
  readonly bits: 2 | 4 | 8;
  readonly blockSize: number;
  readonly rounding: RoundingName;
  /** Rows of the data that rounding looks at. */
  readonly roundingSamples: number;
  /** int4: nodes whose weights get 8 bits. */
  readonly int8Layers: (node: Node) => boolean;
  /** int4: share of the weights, 0 to 1, that get 8 bits because fewer cost them most; null: small heads do. */
  readonly int8Ratio: number | null;
  readonly format: 'default' | 'qdq' | 'qoperator' | 'cast';
  readonly accuracyLevel: number | null;
  readonly halfIo: boolean;
  /** The element type of fp16 and bf16. */
  readonly dtype: 'float16' | 'bfloat16';
  /** int4: what stays float becomes float16. */
  readonly halfRest: boolean;
  /** A data spec for schemes that look at activations. */
  readonly data: string | undefined;
  /** False under `--check none`: the model must not be run. */
  readonly mayRun: boolean;
  /** Normal distributions of values by name, as batch norms told them before they were folded; for transforms. */
  readonly moments: ReadonlyMap<string, ChannelMoments>;
  /** What concerns int8 alone. */
  readonly static: StaticOptions;
  /** Names, placement and numbers exactly as onnxruntime's Python tools. */
  readonly parity: boolean;
}

export interface OpsetNeed {
  readonly wanted: number;
  readonly least: number;
}

export interface Scheme {
  readonly name: string;
  readonly summary: string;
  /** ai.onnx opset the result should have, and the least it can do with; `present` is the model's. */
  readonly opset: (options: QuantizeOptions, present: number) => OpsetNeed;
  /** Passes are done and types are known when this runs; it edits the model in place. */
  readonly apply: (model: Model, options: SchemeOptions, outcome: Outcome, context: Context) => Promise<void>;
}

/** Whether 8-bit weights are symmetric: always by default, under parity only the signed ones. */
export function symmetricWeights({ symmetric, parity, weightType }: SchemeOptions): boolean {
  return symmetric ?? (!parity || weightType === 'int8');
}

/** Weights below this many elements are not worth a scale: they stay float, with that reason. */
export const WORTHWHILE = 256;
