/** How operators take to half precision: the element types of src/ops, and what beyond types matters here. */
import type { Node } from '../../ir/node.ts';
import { type ElementType, parseElementTypes } from '../../ops/element-types.ts';
import { type HalfType, halfRefusal } from '../../ops/half-precision.ts';
import { specOf } from '../../ops/table.ts';

export type { HalfType } from '../../ops/half-precision.ts';

export interface HalfFact {
  /** Why the node has no half form; null when it has one. */
  readonly refusal: string | null;
  /** Inputs and outputs that are float32 whatever the data is. */
  readonly fixedInputs: readonly number[];
  readonly fixedOutputs: readonly number[];
  /** Outputs whose type an attribute names: its name, and the type where the attribute is left out. */
  readonly stated: readonly { readonly attribute: string; readonly float32WhenAbsent: boolean }[];
  /** Its result does not depend on the element type of its float inputs at all. */
  readonly blind: boolean;
  /** Periodic: a large angle rounded to eleven bits gives another result altogether. */
  readonly periodic: boolean;
}

const BLIND: ReadonlySet<string> = new Set(['Shape', 'Size']);
const PERIODIC: ReadonlySet<string> = new Set(['Cos', 'Sin', 'Tan']);
/** Half forms exist, but mean something else, or are out of reach. */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['BitCast', 'works on the bits of float32'],
  ['Constant', 'a constant without a plain tensor form'],
  // A function in onnxruntime, with a float32 epsilon in its body.
  ['MeanVarianceNormalization', 'onnxruntime computes it in float32 only'],
  ['MelWeightMatrix', 'onnxruntime makes it in float32 only'],
]);
/** onnxruntime casts around nodes that read half tensors; those that read none need a kernel, and these have none. */
const GENERATORS: ReadonlySet<string> = new Set([
  'EyeLike',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);

/** @param opset version of the node's domain that the model imports */
export function halfFact(node: Node, opset: number, dtype: HalfType): HalfFact {
  const { inputs, outputs } = parseElementTypes(specOf(node)?.types ?? '->');
  return {
    refusal: runtimeRefusal(node) ?? halfRefusal(node, opset, dtype),
    fixedInputs: float32At(inputs),
    fixedOutputs: float32At(outputs),
    stated: outputs.flatMap((type) =>
      type.kind === 'attribute'
        ? [{ attribute: type.name, float32WhenAbsent: type.fallback === 'float32' }]
        : [],
    ),
    blind: BLIND.has(node.opType),
    periodic: PERIODIC.has(node.opType),
  };
}

/** What the types allow, but onnxruntime or the arithmetic does not. */
function runtimeRefusal(node: Node): string | null {
  const readsFloats = node.inputs.some((value) => value?.dtype === 'float32');
  if (GENERATORS.has(node.opType) && !readsFloats) return 'onnxruntime generates it in float32 only';
  // Its half kernels of ScatterND and ScatterElements overwrite, but refuse to add or multiply when they are run.
  if (node.text('reduction', 'none') !== 'none' && node.opType.startsWith('Scatter'))
    return 'onnxruntime reduces while scattering in float32 only';
  if (node.int('training_mode') !== 0) return 'averages statistics, whose small steps half precision loses';
  if (node.domain === 'ai.onnx.ml') return 'its parameters are float32 attributes';
  return REFUSALS.get(node.opType) ?? null;
}

function float32At(types: readonly ElementType[]): number[] {
  return types.flatMap((type, index) => (type.kind === 'fixed' && type.dtype === 'float32' ? [index] : []));
}
