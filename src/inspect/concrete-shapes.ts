/** Whole shapes of all values once the input sizes are fixed: what computes shapes is evaluated, the rest inferred. */
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs, topologicalOrder } from '../ir/walk.ts';
import { fromShape } from '../ops/from-shape.ts';
import { constantOf } from '../ops/nodes.ts';
import { outputShape } from '../ops/output-shape.ts';
import { specOf } from '../ops/table.ts';
import { evaluate } from '../passes/evaluate.ts';
import { inferTypes, type Untyped } from '../runtime/shapes.ts';

/** Results above this are data, not shapes. */
const SHAPE_BYTES = 4096;
/** Inferences by the runtime; each reaches what depends on what the one before could not know. */
const INFERENCES = 4;
/** Steps between two of them: one reaches the next shape that is computed from a shape, e.g. the next layer. */
const STEPS = 200;

/**
 * Types every value. Inputs must have their sizes already. Constants take the place of what computes shapes, so that
 * the model computes the same for inputs of these sizes and is good for nothing else afterwards.
 */
export async function concreteShapes(model: Model): Promise<Untyped> {
  const nodes = [...allGraphs(model, { functions: false })].flatMap((graph) => topologicalOrder(graph) ?? []);
  let failures: Untyped = [];
  for (let round = 0; round < INFERENCES; round++) {
    // Inputs alone decide most shapes, so this comes before the first inference.
    const found = await settleAll(model, nodes);
    if (round > 0 && (found === 0 || isWhole(nodes))) break;
    failures = await inferTypes(model);
    if (failures.length > 0) break;
  }
  return failures;
}

/** Computes shapes and what they are computed from in turns; returns how many values became known. */
async function settleAll(model: Model, nodes: readonly Node[]): Promise<number> {
  let all = 0;
  for (let step = 0; step < STEPS; step++) {
    const found = fillShapes(nodes) + (await settleShapes(model, nodes));
    if (found === 0) break;
    all += found;
  }
  return all;
}

/** Shapes that follow from the axis facts. Ranks and element types are known already, or left to the runtime. */
function fillShapes(nodes: readonly Node[]): number {
  let found = 0;
  for (const node of nodes)
    for (const [index, value] of node.outputs.entries()) {
      if (!value?.type || isKnown(value)) continue;
      // The runtime tells a scalar constant from an unknown rank no better than it does elsewhere.
      const shape = smallConstant(value)?.dims ?? outputShape(node, index);
      if (!shape) continue;
      value.type = { ...value.type, shape };
      found++;
    }
  return found;
}

function isKnown(value: Value): boolean {
  return value.type?.shape?.every((dim) => typeof dim === 'number') ?? false;
}

function isWhole(nodes: readonly Node[]): boolean {
  return nodes.every(({ outputs }) =>
    outputs.every((value) => !value || value.useCount === 0 || isKnown(value)),
  );
}

/** Replaces what follows from known shapes by constants; returns how many values that were in use. */
async function settleShapes(model: Model, nodes: readonly Node[]): Promise<number> {
  const known = new Map<Value, Tensor>();
  for (const node of nodes) {
    const [input] = node.inputs;
    const output = node.output();
    const tensor = input && fromShape(node, input.tensor?.dims ?? input.type?.shape ?? null);
    if (tensor && output && output.useCount > 0) known.set(output, tensor);
  }
  const computable = following(nodes, known);
  const request = {
    opsets: model.opsets,
    nodes: computable,
    constant: smallConstant,
    limit: () => SHAPE_BYTES,
  };
  await evaluate(request, { known, failed: new Map() });
  for (const [value, tensor] of known)
    value.replaceAllUsesWith(model.graph.addInitializer(value.name, tensor));
  return known.size;
}

/** Nodes whose inputs are known or small constants, or results of such nodes. */
function following(nodes: readonly Node[], known: ReadonlyMap<Value, Tensor>): Node[] {
  const made = new Set<Value>();
  const fixed = (value: Value | null) =>
    !value || known.has(value) || made.has(value) || smallConstant(value) !== null;
  return nodes.filter((node) => {
    const used = node.outputs.some((value) => value && value.useCount > 0);
    if (!used || node.inputs.length === 0 || !node.inputs.every(fixed)) return false;
    const spec = specOf(node);
    if (!spec || spec.random || node.subgraphs.length > 0) return false;
    for (const value of node.outputs) if (value) made.add(value);
    return true;
  });
}

/** The value of a small initializer or Constant node. */
function smallConstant(value: Value): Tensor | null {
  const tensor = constantOf(value);
  return tensor && tensor.byteLength <= SHAPE_BYTES ? tensor : null;
}
