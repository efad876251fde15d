/** OpSpec: what is true of an operator; algorithms read these facts and never ask for an operator by name. */
import type { Node } from '../ir/node.ts';
import type { Shape } from '../ir/value.ts';
import type { Derivative } from './gradient.ts';

/** The part an operator can play in quantization. */
export type QuantRole =
  /** Multiplies and adds, or has an integer kernel of its own. */
  | {
      readonly kind: 'compute';
      /** Inputs that may hold a weight. */
      readonly weights: readonly number[];
      /** The operator that computes the same in integers with ranges found at run time. */
      readonly dynamic?: string;
      /** The operator onnxruntime makes of it between DequantizeLinear and QuantizeLinear. */
      readonly static?: string;
      /** True when that kernel can also leave its result in floats. */
      readonly floatResult?: true;
      /** Bounds of the result whatever the input. */
      readonly range?: { readonly min: number; readonly max: number };
      /** The operator that takes the weight in blocks of 2 to 8 bits. */
      readonly blocked?: string;
    }
  /** Reads rows of a table by index. */
  | {
      readonly kind: 'lookup';
      readonly weights: readonly number[];
      readonly indices: number;
      readonly blocked?: string;
    }
  /** Moves or selects values without arithmetic, so that the parameters of its input serve its output. */
  | {
      readonly kind: 'passthrough';
      /** True when onnxruntime runs it on integers between DequantizeLinear and QuantizeLinear. */
      readonly integers?: true | ((node: Node) => boolean);
      /** It cuts values off at bounds, null being none: a quantizer behind it with this range does the same. */
      readonly bounds?: (node: Node) => { readonly min: number | null; readonly max: number | null } | null;
    }
  /** Works on quantized values already, or makes them. */
  | {
      readonly kind: 'quantized';
      /** Float inputs that every call has and that are no scales. */
      readonly biases?: readonly number[];
    }
  /** Produces shapes, indices, truth values, text or containers: there is nothing to quantize. */
  | { readonly kind: 'exact' }
  | { readonly kind: 'float-only'; readonly reason: string };

/** An axis relation that equal labels cannot express; algorithms implement it, the operator only says which it is. */
export type AxisRelation =
  /** Inputs or outputs are the segments of one axis: Concat, Split. All other axes are equal. */
  | {
      readonly relation: 'segments';
      readonly axis: (node: Node) => number;
      /** On which side the whole is; the segments are on the other. */
      readonly whole: 'inputs' | 'outputs';
    }
  /** The same elements in row-major order under other dims: Reshape. */
  | { readonly relation: 'reshape' };

/** Places that must have one element type: indices of a node's inputs and outputs, of each body's inputs and results. */
export interface Tie {
  readonly input?: number;
  readonly output?: number;
  readonly formal?: number;
  readonly result?: number;
}

/** How an operator runs the graphs it holds; of bodies without these facts nothing can be handed out. */
export interface Bodies {
  /** True when a body may run many times, or never: a further result of it comes out stacked, a turn a row. */
  readonly repeated: boolean;
  /** How many of a body's results, the first ones, stay inside. */
  readonly inside: number;
  /** First version of the domain of which this is true; default 1. */
  readonly since?: number;
  readonly ties: (node: Node) => readonly Tie[];
}

/** Operators whose result has some positions of an axis. */
export interface Picks {
  /** @param shape of the first input */
  readonly at: (node: Node, shape: Shape) => ReadonlyMap<number, Int32Array> | null;
  /** Makes the node pick other positions: the ones before without some, numbered anew. */
  readonly write: (node: Node, axis: number, rank: number, positions: readonly number[]) => void;
}

/** Inputs by position, in sets; `all`: one set of all inputs. */
export type InputSets = 'all' | readonly (readonly number[])[];

export interface OpSpec {
  /** `Node.opType`: the bare name for ai.onnx, `domain.Name` otherwise. */
  readonly type: string;
  /**
   * Named-axis signature (docs/decisions/0001; grammar in signature.ts), e.g. `A[*b m k], B[*b k n] -> Y[*b m n]`;
   * a function when attributes or ranks change it, which returns null where too little is known.
   * Absent: nothing is known, all axes are frozen.
   */
  readonly axes?: string | ((node: Node) => string | null) | AxisRelation;
  /**
   * Multiply-accumulates as a sum of products of labels, e.g. `b h s t e + b h s t v`, where the work is not simply
   * the product of all labels of the signature.
   */
  readonly macs?: string;
  /**
   * Sets of inputs in which it is positively homogeneous, channel by channel: when all inputs of one set are multiplied
   * by positive factors that vary along labels which they and the first output share, that output (with `segments`:
   * the elements they became) is multiplied by the same factors, and no other output changes. Absent: in none.
   */
  readonly homogeneous?: InputSets | ((node: Node) => InputSets);
  /**
   * Axes of which the first output has some of the first input's elements, and which: by axis (the same on both), for
   * each position of the output that of the input. These need not be cut as a whole, whatever the signature says.
   */
  readonly picks?: Picks;
  /**
   * True when what its signature marks as whole are axes it takes means over: positions can be cut from them, but the
   * result is then not what it was with these positions at zero.
   */
  readonly statistics?: true;
  /** Inputs that hold running means and variances: what inference has in place of those of the batch. */
  readonly running?: readonly number[];
  /** Inputs that, where constant, hold angles or places made by a formula: nobody trained them. */
  readonly tables?: readonly number[];
  /** An attribute that is one by the root of the size of a label where it is absent or 0: a cut has to state what it was. */
  readonly impliedScale?: { readonly attribute: string; readonly label: string };
  /** The input that states the dims of the first output, entry by entry, where the node has it. */
  readonly statedShape?: number;
  /** True when it reads nothing of its inputs but their shapes. */
  readonly shapeOnly?: true;
  /** True when its result is the dims of its input, from the axis `start` to the axis `end`. */
  readonly tellsDims?: true;
  readonly quant?: QuantRole;
  /** How gradients flow back through it (gradients/). Absent: llmc cannot train through it. */
  readonly gradient?: Derivative;
  /** Element types of inputs and outputs (grammar in element-types.ts), e.g. `T, int64 -> T`. */
  readonly types?: string;
  /** First version of the domain whose type variables admit float16; null: none does. Default 1. */
  readonly float16?: number | null;
  /** As `float16`. Default 13 in ai.onnx and 1 elsewhere, null where `float16` is. */
  readonly bfloat16?: number | null;
  /** Why it is left in float32 although its types admit halves: what onnxruntime's kernels or the arithmetic lack. */
  readonly float32Only?: string | ((node: Node) => string | null);
  /** True when its result repeats: a large angle rounded to eleven bits gives another result altogether. */
  readonly periodic?: true;
  /** True when onnxruntime's CPU kernels take bfloat16; unlike for float16, it inserts no casts for it. */
  readonly cpuBfloat16?: true;
  /** True when equal inputs may give different outputs. */
  readonly random?: true;
  /** Only operators whose bodies are part of them: If, not BeamSearch, which runs its own over tokens. */
  readonly bodies?: Bodies;
}

/** True for the relations that are not a signature. */
export function isRelation(axes: OpSpec['axes']): axes is AxisRelation {
  return typeof axes === 'object';
}

/** The same facts for several operators that differ in name, and in what `own` says of single ones. */
export function defineOps(
  types: readonly string[],
  facts: Omit<OpSpec, 'type'>,
  own: Readonly<Record<string, Omit<OpSpec, 'type'>>> = {},
): readonly OpSpec[] {
  return types.map((type) => ({ type, ...facts, ...own[type] }));
}
