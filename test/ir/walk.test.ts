import { describe, expect, it } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import type { Model } from '../../src/ir/model.ts';
import type { Node } from '../../src/ir/node.ts';
import { allGraphs, allNodes, dependencies, topologicalOrder } from '../../src/ir/walk.ts';
import { uniform } from '../../src/random.ts';
import { parseModel } from '../support/parse.ts';

/** Every node behind the nodes it needs. */
function isSorted(order: readonly Node[]): boolean {
  const done = new Set<Node>();
  const inGraph = new Set(order);
  return order.every((node) => {
    const ready = [...dependencies(node)].every(
      ({ producer }) => !producer || !inGraph.has(producer) || done.has(producer),
    );
    done.add(node);
    return ready;
  });
}

function shuffle(graph: Graph, next: () => number): void {
  const nodes = graph.nodes;
  for (let i = nodes.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [nodes[i], nodes[j]] = [nodes[j] as Node, nodes[i] as Node];
  }
  graph.reorder(nodes);
}

/** Nodes with up to three inputs from earlier ones; some have a body that uses earlier values. */
function randomModel(next: () => number, size: number): Model {
  const lines = Array.from({ length: size }, (_, i) => {
    const earlier = () => (i === 0 ? 'x' : `v${Math.floor(next() * i)}`);
    if (next() < 0.2) {
      const body = (name: string) => `b () => (${name}${i}) { ${name}${i} = Abs (${earlier()}) }`;
      return `v${i} = If <then_branch = ${body('t')}, else_branch = ${body('e')}> (c)`;
    }
    return `v${i} = Sum (${Array.from({ length: 1 + Math.floor(next() * 3) }, earlier).join(', ')})`;
  });
  return parseModel(`g (float[1] x, bool c) => (v${size - 1}) { ${lines.join('\n')} }`);
}

describe('topologicalOrder', () => {
  it('sorts any shuffled graph, counting what bodies capture', () => {
    for (let seed = 0; seed < 30; seed++) {
      const next = uniform(seed);
      const { graph } = randomModel(next, 40);
      expect(topologicalOrder(graph)).toEqual(graph.nodes);
      shuffle(graph, next);
      const order = topologicalOrder(graph) as Node[];
      expect(new Set(order)).toEqual(new Set(graph.nodes));
      expect(isSorted(order)).toBe(true);
    }
  });

  it('keeps the file’s order where that is free', () => {
    const { graph } = parseModel(
      'g (float[1] x) => (a) { c = Abs (x)  a = Relu (b)  d = Neg (x)  b = Exp (x) }',
    );
    expect(topologicalOrder(graph)?.map((node) => node.op)).toEqual(['Abs', 'Neg', 'Exp', 'Relu']);
  });

  it('is null for a cycle, through a body as well', () => {
    expect(
      topologicalOrder(parseModel('g (float[1] x) => (a) { a = Add (x, b)  b = Abs (a) }').graph),
    ).toBeNull();
    const text = `g (bool c) => (a) {
      a = If <then_branch = t () => (r) { r = Abs (b) }, else_branch = e () => (b) {}> (c)
      b = Neg (a)
    }`;
    expect(topologicalOrder(parseModel(text).graph)).toBeNull();
  });

  it('takes a graph of many nodes that all use one value', () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `v${i} = Abs (x)`).join('\n');
    const { graph } = parseModel(`g (float[1] x) => (v0) { ${lines} }`);
    expect(topologicalOrder(graph)).toHaveLength(20_000);
  });
});

describe('dependencies', () => {
  it('are the inputs and everything the bodies use, deep down and as their outputs', () => {
    const { graph } = parseModel(`g (float[1] x, float[1] z, bool c) => (y) <float[1] w = {1}> {
      y = If <
        then_branch = t () => (r) {
          r = If <then_branch = t2 () => (s) { s = Add (x, w) }, else_branch = e2 () => (x) {}> (c)
        },
        else_branch = e () => (z) {}
      > (c)
    }`);
    const found = new Set([...dependencies(graph.nodes[0] as Node)].map(({ name }) => name));
    for (const name of ['c', 'x', 'w', 'z']) expect(found).toContain(name);
  });
});

describe('allGraphs and allNodes', () => {
  const model = parseModel(`g (float[1] x, bool c) => (y) {
      a = local.f (x)
      y = If <then_branch = t () => (r) { r = Abs (a) }, else_branch = e () => (q) { q = Neg (a) }> (c)
    }
    <domain: "local", opset_import: ["": 20]> f (p) => (o) { o = Exp (p) }`);

  it('go from outer to inner, then to functions', () => {
    expect([...allGraphs(model)].map(({ name }) => name)).toEqual(['g', 't', 'e', 'f']);
    expect([...allNodes(model)].map(({ op }) => op)).toEqual(['f', 'If', 'Abs', 'Neg', 'Exp']);
  });

  it('leave functions out when told to', () => {
    expect([...allGraphs(model, { functions: false })].map(({ name }) => name)).toEqual(['g', 't', 'e']);
  });
});
