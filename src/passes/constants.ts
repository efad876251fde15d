/** Which values are constants, and what IR 3 demands of a graph that gets new ones. */
import type { Model } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';

/**
 * Tells constants from defaults: from IR 4 on an initializer that is also a graph input may be fed by the caller.
 * Before IR 4 every initializer is listed among the inputs and means a constant all the same.
 */
export class Constants {
  readonly #defaults: ReadonlySet<Value>;

  constructor(model: Model) {
    const listed = model.irVersion >= 4 ? model.graph.inputs.filter((value) => value.tensor) : [];
    this.#defaults = new Set(listed);
  }

  has(value: Value | null): boolean {
    return value?.tensor != null && !this.#defaults.has(value);
  }

  tensor(value: Value | null): Tensor | null {
    return value && this.has(value) ? value.tensor : null;
  }
}

/**
 * Moves an IR 3 model to IR 4, where constants need not be listed among the inputs: subgraphs could not have any
 * otherwise. Returns what was unlisted; nothing from IR 4 on.
 */
export function unlistConstants(model: Model): readonly Value[] {
  if (model.irVersion >= 4) return [];
  const listed = model.graph.inputs.filter((value) => value.tensor);
  model.irVersion = 4;
  model.graph.inputs = model.graph.inputs.filter((value) => !value.tensor);
  return listed;
}

/** Turns a computed value into an initializer of its graph; the name stays. Its producer must be gone. */
export function becomeConstant(value: Value, tensor: Tensor): void {
  value.producer = null;
  value.tensor = tensor;
  // What the model declares of its outputs stays as it says it.
  if (!value.type || !value.isGraphOutput) value.type = { dtype: tensor.dtype, shape: tensor.dims };
  value.graph.initializers.add(value);
}
