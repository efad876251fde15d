/** A clone that knows the types of its values as the model does: files hold few of them. */
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import { allGraphs } from '../../ir/walk.ts';
import { cloneModel } from '../../onnx/read.ts';
import type { SampledShapes } from '../../probe/sampled-shapes.ts';

export interface TypedClone {
  readonly model: Model;
  /** The value of the model that one of the clone stands for. */
  original(value: Value): Value;
}

export function typedClone(model: Model): TypedClone {
  const copy = cloneModel(model);
  const originals = new Map<Value, Value>();
  const twins = [...allGraphs(copy, { functions: false })];
  for (const [at, graph] of [...allGraphs(model, { functions: false })].entries()) {
    const twin = twins[at];
    for (const [index, value] of graph.inputs.entries()) {
      const input = twin?.inputs[index];
      if (input) originals.set(input, value);
    }
    const nodes = twin?.nodes ?? [];
    for (const [place, node] of graph.nodes.entries())
      for (const [index, value] of node.outputs.entries()) {
        const output = nodes[place]?.output(index);
        if (!value || !output) continue;
        output.type = value.type;
        originals.set(output, value);
      }
  }
  return { model: copy, original: (value) => originals.get(value) ?? value };
}

/** Shapes known of a model, for a clone of it. */
export function shapesOfClone(shapes: SampledShapes, original: (value: Value) => Value): SampledShapes {
  return {
    shapeOf: (value) => shapes.shapeOf(original(value)),
    isFixed: (value, axis) => shapes.isFixed(original(value), axis),
  };
}
