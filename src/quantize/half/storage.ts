/** bfloat16 as a storage type: weights take half the space, a Cast behind each gives float32 to the same graph. */
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import type { Selection } from '../../passes/selection.ts';
import type { Outcome } from '../outcome.ts';
import { WORTHWHILE } from '../schemes/scheme.ts';
import { Casts } from './casts.ts';
import type { HalfConstants } from './constants.ts';
import { exitsOf, floatsIn, graphsOf } from './values.ts';

/** Stores every float32 weight worth it in half precision; the runtime casts them once, while it loads. */
export function storeWeights(
  model: Model,
  select: Selection,
  constants: HalfConstants,
  outcome: Outcome,
): void {
  const exits = exitsOf(model);
  const casts = new Casts();
  for (const graph of graphsOf(model))
    for (const value of floatsIn(graph)) {
      const { tensor } = value;
      if (!tensor) continue;
      const reason = whyNot(value, select, model) ?? (exits.has(value) ? 'it is an output' : null);
      if (reason !== null) {
        outcome.skip(value.name, reason, tensor.byteLength);
        continue;
      }
      const { uses } = value;
      value.tensor = constants.convert(tensor, value.name);
      value.type = { dtype: constants.dtype, shape: tensor.dims };
      const widened = casts.add(value, 'float32');
      for (const { node, index } of uses) node.setInput(index, widened);
      outcome.change(value.name, `float32 [${tensor.dims.join(', ')}] stored in ${constants.dtype}`);
    }
  outcome.note(
    `weights are stored in ${constants.dtype} and cast to float32 while the model is loaded: the file is half as large, memory and speed stay as they were (onnxruntime's CPU provider does not compute in ${constants.dtype}; for accelerators that do, convert inputs and outputs too)`,
  );
}

function whyNot(value: Value, select: Selection, model: Model): string | null {
  if ((value.tensor?.size ?? 0) < WORTHWHILE) return `fewer than ${WORTHWHILE} elements`;
  if (model.irVersion >= 4 && value.isGraphInput)
    return 'it is an input with a default, which callers may feed';
  if (value.uses.length === 0) return 'nothing uses it';
  // One excluded user keeps the weight: the others would read the rounded numbers through the same tensor.
  return value.uses.map(({ node }) => select(node)).find((reason) => reason !== null) ?? null;
}
