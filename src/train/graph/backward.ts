/** Reverse mode: appends the nodes that compute gradients. The graph itself is the tape. */
import type { Formula } from '../../ir/formula.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { dependencies } from '../../ir/walk.ts';
import { derivativeOf } from '../../ops/derivative-of.ts';
import type { GradientRule } from '../../ops/gradient.ts';
import { specOf } from '../../ops/table.ts';
import { GradientFacts, type NodeFacts } from './node-facts.ts';

/**
 * Appends the gradients of a sum over values: each value times its seed.
 * @param seeds what each value's elements count for, in its shape; a loss is seeded with 1
 * @param wrt values whose gradients are wanted
 * @returns gradients in the shapes of their values; values on which nothing seeded depends are missing
 * @throws LlmcError UNSUPPORTED naming the node on a way from `wrt` to a seed that has no rule
 */
export function backward(
  f: Formula,
  seeds: ReadonlyMap<Value, Value>,
  wrt: Iterable<Value>,
): Map<Value, Value> {
  const wanted = new Set(wrt);
  const nodes = ancestors(f.graph, seeds.keys());
  const carries = reached(nodes, wanted);
  const arrived = new Map<Value, Value>();
  const pending = new Map<Value, Value[]>();
  for (const [value, seed] of seeds) if (carries.has(value)) pending.set(value, [seed]);
  const settle = (value: Value): void => {
    const parts = pending.get(value);
    if (parts) arrived.set(value, total(f, parts));
    pending.delete(value);
  };
  for (const node of nodes.reverse()) {
    for (const output of node.outputs) if (output) settle(output);
    if (!node.outputs.some((output) => output && arrived.has(output))) continue;
    const scope = new GradientFacts(node, f, arrived, (value) => carries.has(value));
    const gradients = ruleOf(node, scope)(scope);
    for (const [index, gradient] of gradients.entries()) {
      const input = node.input(index);
      if (!gradient || !input || !carries.has(input)) continue;
      const parts = pending.get(input) ?? [];
      parts.push(gradient);
      pending.set(input, parts);
    }
  }
  for (const value of wanted) settle(value);
  return new Map([...arrived].filter(([value]) => wanted.has(value)));
}

/** Nodes that the values depend on, in their order. */
function ancestors(graph: Graph, values: Iterable<Value>): Node[] {
  const found = new Set<Node>();
  const open = [...values];
  for (let next = open.pop(); next; next = open.pop()) {
    const node = next.producer;
    if (!node || found.has(node)) continue;
    found.add(node);
    for (const input of dependencies(node)) open.push(input);
  }
  return graph.nodes.filter((node) => found.has(node));
}

/** Values that depend on those wanted by a way gradients can go back. */
function reached(nodes: readonly Node[], wanted: ReadonlySet<Value>): Set<Value> {
  const found = new Set(wanted);
  for (const node of nodes) {
    if (derivativeOf(node) === 'none') continue;
    if ([...dependencies(node)].some((input) => found.has(input)))
      for (const output of node.outputs) if (output) found.add(output);
  }
  return found;
}

function ruleOf(node: Node, scope: NodeFacts): GradientRule {
  const known = derivativeOf(node);
  if (known && known !== 'none' && 'rule' in known) return known.rule;
  const bodies = specOf(node)?.bodies;
  if (bodies?.repeated === false) throw scope.unsupported('which side it takes depends on the data');
  if (node.subgraphs.length > 0) throw scope.unsupported('llmc does not differentiate loops');
  throw scope.unsupported('llmc has no gradient for this operator');
}

function total(f: Formula, parts: readonly Value[]): Value {
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  return parts.length === 2 ? f.op('Add', parts) : f.op('Sum', parts);
}
