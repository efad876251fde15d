/** Gives each use of a tensor that says nothing yet its own copy: exporters store equal tensors once. */
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';

/**
 * Biases that are all zeros and scales that are all ones become one tensor for each node that uses them: training makes
 * them differ. Tensors that hold more than one number are shared on purpose and stay so.
 */
export function untieUniform(model: Model): void {
  for (const value of [...model.graph.initializers]) {
    const { tensor } = value;
    if (tensor?.dtype !== 'float32' || tensor.size < 2 || value.useCount < 2) continue;
    const elements = floatsOf(tensor);
    if (!elements.every((element) => element === elements[0])) continue;
    for (const { node, index } of value.uses.slice(1))
      node.setInput(index, model.graph.addInitializer(value.name, tensor));
  }
}
