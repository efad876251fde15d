/** Types a pass may rely on: from constants, from the model's own inputs, from onnxruntime; never from value_info. */
import type { DType } from '../ir/dtype.ts';
import type { Model } from '../ir/model.ts';
import type { Shape, TensorType, Value } from '../ir/value.ts';
import { allGraphs } from '../ir/walk.ts';
import { inferTypes } from '../runtime/shapes.ts';

/** What is certain of values. Passes keep the meaning of values, so types asked once stay true. */
export class ValueTypes {
  readonly #known: ReadonlyMap<Value, TensorType>;

  constructor(known: ReadonlyMap<Value, TensorType>) {
    this.#known = known;
  }

  type(value: Value | null): TensorType | null {
    if (!value) return null;
    if (value.tensor) return { dtype: value.tensor.dtype, shape: value.tensor.dims };
    // A value without `rest` was made by a pass, which knew what it made.
    return this.#known.get(value) ?? (value.rest === null && value.producer ? value.type : null);
  }

  dtype(value: Value | null): DType | null {
    return this.type(value)?.dtype ?? null;
  }

  rank(value: Value | null): number | null {
    return this.type(value)?.shape?.length ?? null;
  }

  shape(value: Value | null): Shape | null {
    return this.type(value)?.shape ?? null;
  }
}

/**
 * Asks onnxruntime for the types of all values. The model's own hints are left as they were.
 * What the runtime does not say is unknown here, whatever the file claims.
 */
export async function trustedTypes(model: Model): Promise<ValueTypes> {
  const hints = new Map<Value, TensorType | null>();
  for (const graph of allGraphs(model, { functions: false })) {
    const computed = graph.nodes.flatMap((node) => node.outputs);
    const formals = graph.parent ? graph.inputs : [];
    for (const value of [...computed, ...formals]) if (value) hints.set(value, value.type);
  }
  try {
    for (const value of hints.keys()) value.type = null;
    await inferTypes(model);
    const known = new Map<Value, TensorType>();
    for (const value of hints.keys()) if (value.type) known.set(value, value.type);
    // onnxruntime checks what it is fed against the types the model declares.
    for (const value of model.graph.inputs) if (value.type) known.set(value, value.type);
    return new ValueTypes(known);
  } finally {
    for (const [value, hint] of hints) value.type = hint;
  }
}
