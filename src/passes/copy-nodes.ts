/** Copies nodes into another graph: values mapped, names made unique, attribute references bound, bodies copied. */
import type { Attribute } from '../ir/attribute.ts';
import { Graph } from '../ir/graph.ts';
import { Node } from '../ir/node.ts';
import { Value } from '../ir/value.ts';

export interface CopyRules {
  /** Values of the source that stand for values of the target; grows as nodes are copied. */
  readonly values: Map<Value, Value | null>;
  /** What references to the caller's attributes mean; a name that is missing leaves the attribute out. */
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Put in front of the names of copied values and nodes. */
  readonly prefix: string;
}

/** Copies all nodes of `source` into `target`, before `anchor`. */
export function copyNodes(source: Graph, target: Graph, anchor: Node, rules: CopyRules): Node[] {
  // Nodes may stand before what they need: names first.
  for (const node of source) for (const value of node.outputs) if (value) copyValue(value, target, rules);
  return source.nodes.map((node) => target.insertBefore(anchor, copyNode(node, target, rules)));
}

function copyNode(node: Node, target: Graph, rules: CopyRules): Node {
  const inputs = node.inputs.map((value) => value && (rules.values.get(value) ?? null));
  const attributes = new Map<string, Attribute>();
  for (const [name, attribute] of node.attributes) {
    const bound = attribute.kind === 'reference' ? rules.attributes.get(attribute.value) : attribute;
    if (bound) attributes.set(name, copyAttribute(bound, target, rules));
  }
  const outputs = node.outputs.map((value) => value && copyValue(value, target, rules));
  const { op, domain, overload, rest } = node;
  const name = node.name && target.uniqueNodeName(`${rules.prefix}/${node.name}`);
  return new Node({ op, domain, overload, name, inputs, outputs, attributes, rest: rest ?? undefined });
}

function copyValue(value: Value, target: Graph, { values, prefix }: CopyRules): Value {
  const known = values.get(value);
  if (known) return known;
  const copy = new Value(target.uniqueName(`${prefix}/${value.name}`), target);
  copy.type = value.type;
  copy.rest = value.rest;
  values.set(value, copy);
  return copy;
}

function copyAttribute(attribute: Attribute, target: Graph, rules: CopyRules): Attribute {
  if (attribute.kind === 'graph') return { ...attribute, value: copyBody(attribute.value, target, rules) };
  if (attribute.kind === 'graphs')
    return { ...attribute, value: attribute.value.map((body) => copyBody(body, target, rules)) };
  return attribute;
}

function copyBody(body: Graph, parent: Graph, rules: CopyRules): Graph {
  const copy = new Graph(parent);
  copy.name = body.name;
  copy.rest = body.rest;
  copy.inputs = body.inputs.map((value) => copyValue(value, copy, rules));
  for (const value of body.initializers) {
    const own = copyValue(value, copy, rules);
    own.tensor = value.tensor;
    copy.initializers.add(own);
  }
  for (const node of body) for (const value of node.outputs) if (value) copyValue(value, copy, rules);
  for (const node of body) copy.append(copyNode(node, copy, rules));
  copy.outputs = body.outputs.map((value) => {
    const own = rules.values.get(value);
    if (!own) throw new Error(`copyBody: '${value.name}' is defined nowhere`);
    if (own.graph !== copy) own.graph.registerEscape(own);
    return own;
  });
  copy.valueInfo = body.valueInfo.map((value) => copyValue(value, copy, rules));
  return copy;
}
