/** How operators take to half precision: the element types of src/ops, and what beyond types matters here. */
import type { Node } from '../../ir/node.ts';
import { type ElementType, parseElementTypes } from '../../ops/element-types.ts';
import { float32Reason, type HalfType, halfRefusal } from '../../ops/half-precision.ts';
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

/** @param opset version of the node's domain that the model imports */
export function halfFact(node: Node, opset: number, dtype: HalfType): HalfFact {
  const spec = specOf(node);
  const { inputs, outputs } = parseElementTypes(spec?.types ?? '->');
  return {
    refusal: float32Reason(node) ?? halfRefusal(node, opset, dtype),
    fixedInputs: float32At(inputs),
    fixedOutputs: float32At(outputs),
    stated: outputs.flatMap((type) =>
      type.kind === 'attribute'
        ? [{ attribute: type.name, float32WhenAbsent: type.fallback === 'float32' }]
        : [],
    ),
    blind: spec?.shapeOnly === true && outputs.every(({ kind }) => kind === 'fixed'),
    periodic: spec?.periodic === true,
  };
}

function float32At(types: readonly ElementType[]): number[] {
  return types.flatMap((type, index) => (type.kind === 'fixed' && type.dtype === 'float32' ? [index] : []));
}
