/** Types of every value, asked from onnxruntime; what the file states in value_info is not trusted. */

import { LlmcError } from '../errors.ts';
import type { DType } from '../ir/dtype.ts';
import { DTYPES } from '../ir/dtype.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Shape, Value } from '../ir/value.ts';
import { heldBy } from '../ops/nodes.ts';
import type { Context } from '../step.ts';
import { openSession } from './session.ts';
import { skeletonOf } from './skeleton.ts';

/** Graphs onnxruntime could not type, with its reason; their values keep the file's hints. */
export type Untyped = readonly { readonly graph: string; readonly reason: string }[];

/**
 * Sets `type` on every value of the model, subgraphs included, from onnxruntime's own inference on a skeleton
 * without weights (docs/decisions/0004). Function bodies are skipped: their types depend on the caller.
 * @param sizes concrete sizes for symbolic input dims; with them nearly all shapes come back whole
 */
export async function inferTypes(
  model: Model,
  sizes: Readonly<Record<string, number>> = {},
): Promise<Untyped> {
  const failures: { graph: string; reason: string }[] = [];
  await inferGraph(model, model.graph, sizes, failures);
  return failures;
}

/** Says why shapes of the main graph are unknown: everything that follows from that is hard to understand otherwise. */
export function warnUntyped({ graph }: Model, untyped: Untyped, context: Pick<Context, 'warn'>): void {
  const found = untyped.find((each) => each.graph === graph.name);
  if (found) context.warn(`onnxruntime does not tell the shapes in this model: ${found.reason}`);
}

async function inferGraph(
  model: Model,
  graph: Graph,
  sizes: Readonly<Record<string, number>>,
  failures: { graph: string; reason: string }[],
): Promise<void> {
  typeConstants(graph);
  await askRuntime(model, graph, sizes).catch((error: unknown) => {
    if (!(error instanceof LlmcError)) throw error;
    failures.push({ graph: graph.name, reason: error.message });
  });
  for (const node of graph)
    for (const body of node.subgraphs) {
      bindFormals(node, body);
      await inferGraph(model, body, sizes, failures);
    }
}

/** Large constants are inputs of the skeleton, so their types come from the tensors themselves. */
function typeConstants(graph: Graph): void {
  for (const node of graph) {
    const tensor = heldBy(node);
    const output = node.output();
    if (output && tensor) output.type = { dtype: tensor.dtype, shape: tensor.dims };
  }
}

async function askRuntime(
  model: Model,
  graph: Graph,
  sizes: Readonly<Record<string, number>>,
): Promise<void> {
  const values = new Map<string, Value>();
  for (const node of graph) for (const value of node.outputs) if (value) values.set(value.name, value);
  if (values.size === 0) return;
  const session = await openSession(
    { model: skeletonOf(model, graph, sizes) },
    { optimize: 'disabled', threads: 1 },
  );
  for (const info of session.outputs) {
    const value = values.get(info.name);
    const dtype = asDType(info.dtype);
    if (value && dtype) value.type = { dtype, shape: withStated(graph, value, dtype, info.dims) };
  }
  await session.release();
}

/**
 * What the file states of a graph output stays where the runtime adds nothing: names tie it to the inputs, and checkers
 * want a shape there. The runtime reports a scalar and an unknown rank alike.
 */
function withStated(graph: Graph, value: Value, dtype: DType, dims: Shape): Shape | null {
  const stated = graph.hasOutput(value) && value.type?.dtype === dtype ? value.type.shape : null;
  if (dims.length === 0) return stated;
  if (stated?.length !== dims.length) return dims;
  return dims.map((dim, axis) => (typeof dim === 'number' ? dim : (stated[axis] ?? dim)));
}

function asDType(name: string): DType | null {
  return name in DTYPES ? (name as DType) : null;
}

/**
 * Formal inputs of a loop body take the types of what the loop is given; only dtype and rank hold over iterations.
 * Loop: (iteration, condition, carried...) from (trip count, condition, carried...). Scan: carried..., slices.
 */
function bindFormals(node: Node, body: Graph): void {
  const carried = body.inputs.length - node.inputs.length;
  for (const [index, formal] of body.inputs.entries()) {
    if (formal.type?.shape && formal.type.dtype) continue;
    const actual = node.inputs[index - Math.max(0, carried)] ?? node.inputs[index];
    const type = actual?.tensor ? { dtype: actual.tensor.dtype, shape: actual.tensor.dims } : actual?.type;
    if (type) formal.type = { dtype: type.dtype, shape: formal.type?.shape ?? null };
  }
}
