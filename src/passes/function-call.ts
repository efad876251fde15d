/** Whether calls of a model-local function can be replaced by its body, and with which attributes. */
import type { Attribute } from '../ir/attribute.ts';
import type { Model, ModelFunction } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { graphsIn } from '../ir/walk.ts';
import type { AttributeProto } from '../onnx/proto.ts';
import { tensorFromProto } from '../onnx/tensor-from-proto.ts';
import { functionKey } from './function-key.ts';
import { sameMeaning } from './opset/same-meaning.ts';

export type FunctionTable = ReadonlyMap<string, ModelFunction>;

export function functionTable(model: Model): FunctionTable {
  return new Map(model.functions.map((fn) => [functionKey(fn.domain, fn.name, fn.overload), fn]));
}

/** The function a node calls, or null. */
export function calledFunction(node: Node, table: FunctionTable): ModelFunction | null {
  return table.get(functionKey(node.domain, node.op, node.overload)) ?? null;
}

/** Why the body of a function cannot stand in the model's graphs; null when it can. */
export function bodyRefusal(model: Model, fn: ModelFunction, table: FunctionTable): string | null {
  if (reaches(fn, fn, table, new Set())) return 'it calls itself';
  for (const node of bodyNodes(fn)) {
    if (calledFunction(node, table)) continue;
    const [own, models] = [fn.opsets.get(node.domain), model.opsets.get(node.domain)];
    if (own === undefined || models === undefined || own === models) continue;
    const domain = node.domain || 'ai.onnx';
    if (node.domain !== '' || !sameMeaning(node, own, models))
      return `it is written in ${domain} ${own}, the model in ${models}, and ${node.op} may differ`;
  }
  return null;
}

export function* bodyNodes(fn: ModelFunction): Generator<Node> {
  for (const graph of graphsIn(fn.graph)) yield* graph;
}

function reaches(
  from: ModelFunction,
  target: ModelFunction,
  table: FunctionTable,
  seen: Set<ModelFunction>,
): boolean {
  for (const node of bodyNodes(from)) {
    const next = calledFunction(node, table);
    if (next === target) return true;
    if (!next || seen.has(next)) continue;
    seen.add(next);
    if (reaches(next, target, table, seen)) return true;
  }
  return false;
}

/** The attributes the body may refer to: the caller's, else the function's defaults; a reason when one is a graph. */
export function boundAttributes(call: Node, fn: ModelFunction): ReadonlyMap<string, Attribute> | string {
  const bound = new Map<string, Attribute>();
  for (const proto of (fn.rest?.['attribute_proto'] ?? []) as readonly AttributeProto[]) {
    const value = plainAttribute(proto);
    if (value) bound.set(proto.name ?? '', value);
  }
  for (const [name, attribute] of call.attributes) {
    if (attribute.kind === 'graph' || attribute.kind === 'graphs') return `it is given a graph as '${name}'`;
    bound.set(name, attribute);
  }
  return bound;
}

/** A default value of the kinds that operators have. */
function plainAttribute(proto: AttributeProto): Attribute | null {
  if (proto.f !== undefined) return { kind: 'float', value: proto.f };
  if (proto.i !== undefined) return { kind: 'int', value: proto.i };
  if (proto.s !== undefined) return { kind: 'string', value: proto.s };
  if (proto.t) return { kind: 'tensor', value: tensorFromProto(proto.t, { external: null }) };
  if (proto.floats) return { kind: 'floats', value: proto.floats };
  if (proto.ints) return { kind: 'ints', value: proto.ints };
  if (proto.strings) return { kind: 'strings', value: proto.strings };
  return null;
}
