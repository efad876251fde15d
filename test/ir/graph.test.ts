import { describe, expect, it } from 'vitest';
import { Builder } from '../../src/ir/builder.ts';
import { Graph } from '../../src/ir/graph.ts';
import type { Model } from '../../src/ir/model.ts';
import { Node } from '../../src/ir/node.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import type { Value } from '../../src/ir/value.ts';
import { allGraphs } from '../../src/ir/walk.ts';
import { uniform } from '../../src/random.ts';
import { parseModel } from '../support/parse.ts';

function expectLinked(graph: Graph): void {
  const forwards = graph.nodes;
  const backwards: Node[] = [];
  for (let node = forwards.at(-1) ?? null; node; node = node.previous) backwards.unshift(node);
  expect(backwards).toEqual(forwards);
  expect(graph.nodeCount).toBe(forwards.length);
  expect(forwards.every((node) => node.graph === graph)).toBe(true);
}

/** Recounts every link from the nodes' side and compares it with what the values and lists say. */
function expectConsistent(graphs: readonly Graph[], values: ReadonlySet<Value>): void {
  const uses = new Map<Value, string[]>([...values].map((value) => [value, []]));
  const producers = new Map<Value, Node>();
  for (const graph of graphs) expectLinked(graph);
  for (const node of graphs.flatMap((graph) => graph.nodes)) {
    for (const [index, value] of node.inputs.entries())
      if (value) uses.get(value)?.push(`${node.id}:${index}`);
    for (const value of node.outputs) if (value) producers.set(value, node);
  }
  for (const [value, expected] of uses) {
    expect(value.uses.map(({ node, index }) => `${node.id}:${index}`).sort()).toEqual(expected.sort());
    expect(value.useCount).toBe(expected.length);
    expect(value.producer).toBe(producers.get(value) ?? null);
  }
}

function allValues(model: Model): Set<Value> {
  const values = new Set<Value>();
  for (const graph of allGraphs(model)) {
    for (const value of [...graph.inputs, ...graph.outputs, ...graph.initializers]) values.add(value);
    for (const node of graph)
      for (const value of [...node.inputs, ...node.outputs]) if (value) values.add(value);
  }
  return values;
}

function names(graph: Graph): string {
  return graph.nodes.map(({ name }) => name).join(' ');
}

function chain(length: number): Graph {
  const graph = new Graph(null);
  let value = graph.value('x');
  graph.inputs.push(value);
  for (let i = 0; i < length; i++) value = new Builder(graph).op('Relu', [value], { name: `n${i}` });
  graph.outputs.push(value);
  return graph;
}

const BRANCHES = `g (float[2] x, bool c) => (float[2] y) <float[2] w = {1, 2}> {
  h = Add (x, w)
  y = If <
    then_branch = t () => (r) { r = Mul (h, w) },
    else_branch = e () => (r2) <float[2] v = {3, 4}> { q = Sub (h, v)  r2 = Add (q, w) }
  > (c)
}`;

describe('membership among inputs and outputs', () => {
  it('is what the lists say under any sequence of edits', () => {
    for (let seed = 0; seed < 20; seed++) {
      const next = uniform(seed);
      const graph = new Graph(null);
      const values = Array.from({ length: 8 }, (_, i) => graph.addInitializer(`v${i}`, Tensor.scalar(i)));
      const pick = (): Value => values[Math.floor(next() * values.length)] as Value;
      const edits: (() => void)[] = [
        () => graph.inputs.push(pick()),
        () => graph.outputs.push(pick(), pick()),
        () => graph.outputs.length > 0 && graph.setOutput(Math.floor(next() * graph.outputs.length), pick()),
        () => {
          graph.outputs = graph.outputs.filter(() => next() < 0.7);
        },
        () => {
          graph.inputs = [pick()];
        },
        () => graph.removeInitializer(pick()),
      ];
      for (let step = 0; step < 80; step++) {
        (edits[Math.floor(next() * edits.length)] as () => void)();
        for (const value of values) {
          expect(value.isGraphInput).toBe(graph.inputs.includes(value));
          expect(value.isGraphOutput).toBe(graph.outputs.includes(value));
        }
      }
    }
  });
});

describe('links between nodes and values', () => {
  it('stay true under any sequence of edits', () => {
    for (let seed = 0; seed < 20; seed++) {
      const next = uniform(seed);
      const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
      const graph = chain(5);
      const values = new Set<Value>([
        ...graph.inputs,
        ...graph.nodes.flatMap(({ outputs }) => outputs[0] ?? []),
      ]);
      for (let step = 0; step < 60; step++) {
        const nodes = graph.nodes;
        const node = nodes.length > 0 ? pick(nodes) : graph.append({ op: 'Abs', inputs: [], outputs: [] });
        const value = pick([...values]);
        const edits: (() => void)[] = [
          () => node.setInput(Math.floor(next() * 4), next() < 0.3 ? null : value),
          () => node.truncateInputs(Math.floor(next() * 3)),
          () => value.replaceAllUsesWith(pick([...values])),
          () => graph.remove(node),
          () => graph.reorder(graph.nodes.sort(() => next() - 0.5)),
          () => {
            const made = graph.value('made');
            values.add(made);
            const fresh = new Node({ op: 'Add', inputs: [value, value, null], outputs: [made] });
            const place = pick(['append', 'prepend', 'before', 'after']);
            if (place === 'append' || node.graph === null) graph.append(fresh);
            else if (place === 'prepend') graph.prepend(fresh);
            else if (place === 'before') graph.insertBefore(node, fresh);
            else graph.insertAfter(node, fresh);
          },
        ];
        pick(edits)();
        expectConsistent([graph], values);
      }
    }
  });

  it('reach into subgraphs and are undone with them', () => {
    const model = parseModel(BRANCHES);
    const values = allValues(model);
    const byName = (name: string) => [...values].find((value) => value.name === name) as Value;
    expectConsistent([...allGraphs(model)], values);
    expect(byName('w').useCount).toBe(3);
    expect(byName('h').useCount).toBe(2);
    const branch = model.graph.nodes.find(({ op }) => op === 'If') as Node;
    model.graph.remove(branch);
    expect(byName('w').useCount).toBe(1);
    expect(byName('h').useCount).toBe(0);
    expect(byName('y').producer).toBeNull();
  });

  it('count one use per input, also of the same node', () => {
    const graph = new Graph(null);
    const x = graph.value('x');
    const node = graph.append({ op: 'Add', inputs: [x, x], outputs: [graph.value('y')] });
    expect(x.useCount).toBe(2);
    node.setInput(0, null);
    expect(x.uses.map(({ index }) => index)).toEqual([1]);
  });

  it('move with an output that another node takes over', () => {
    const graph = chain(2);
    const [first, second] = graph.nodes as [Node, Node];
    const y = second.output() as Value;
    const replacement = new Builder(graph, { after: second }).op('Abs', [first.output()], { into: y });
    graph.remove(second);
    expect(replacement.producer?.op).toBe('Abs');
    expect(graph.outputs[0]?.producer?.op).toBe('Abs');
  });
});

describe('iterating', () => {
  it('visits each node once while the current one is removed', () => {
    const graph = chain(6);
    const seen: string[] = [];
    for (const node of graph) {
      seen.push(node.name);
      graph.remove(node);
    }
    expect(seen.join(' ')).toBe('n0 n1 n2 n3 n4 n5');
    expect(graph.nodeCount).toBe(0);
    expect(graph.nodes).toEqual([]);
  });

  it('visits nodes added behind the current one, not those before it', () => {
    const graph = chain(2);
    const seen: string[] = [];
    for (const node of graph) {
      seen.push(node.name);
      if (node.name !== 'n0') continue;
      graph.insertBefore(node, { op: 'A', name: 'before', inputs: [], outputs: [] });
      graph.insertAfter(node, { op: 'B', name: 'after', inputs: [], outputs: [] });
    }
    expect(seen.join(' ')).toBe('n0 after n1');
    expect(names(graph)).toBe('before n0 after n1');
  });

  it('goes on when the current node is replaced by several', () => {
    const graph = chain(3);
    const seen: string[] = [];
    for (const node of graph) {
      seen.push(node.name);
      if (node.name !== 'n1') continue;
      const builder = new Builder(graph, { before: node });
      builder.op('A', [node.input(0)], { name: 'a' });
      builder.op('B', [node.input(0)], { name: 'b' });
      graph.remove(node);
    }
    expect(seen.join(' ')).toBe('n0 n1 n2');
    expect(names(graph)).toBe('n0 a b n2');
  });
});

describe('placing', () => {
  it('puts a builder’s nodes in the order they were made, before or after the anchor', () => {
    const graph = chain(2);
    const [first, second] = graph.nodes as [Node, Node];
    const after = new Builder(graph, { after: first });
    const before = new Builder(graph, { before: second });
    for (const name of ['a', 'b']) after.op('A', [], { name });
    for (const name of ['c', 'd']) before.op('B', [], { name });
    new Builder(graph).op('C', [], { name: 'e' });
    expect(names(graph)).toBe('n0 a b c d n1 e');
  });

  it('refuses to remove a node of another graph and to reorder by less than all nodes', () => {
    const [one, other] = [chain(2), chain(1)];
    expect(() => one.remove(other.nodes[0] as Node)).toThrow(/not in graph/);
    expect(() => one.reorder(one.nodes.slice(1))).toThrow(/permutation/);
  });
});

describe('names', () => {
  it('are never given twice, in subgraphs neither', () => {
    const model = parseModel(BRANCHES);
    const branch = model.graph.nodes.find(({ op }) => op === 'If') as Node;
    const taken = new Set([...allValues(model)].map(({ name }) => name));
    for (const graph of [model.graph, ...branch.subgraphs, model.graph]) {
      const name = graph.uniqueName('w');
      expect(taken.has(name)).toBe(false);
      taken.add(name);
    }
  });
});

describe('initializers', () => {
  it('that are graph inputs too leave both lists', () => {
    const graph = new Graph(null);
    const w = graph.addInitializer('w', Tensor.scalar(1));
    graph.inputs.push(w);
    expect(w.isGraphInput).toBe(true);
    graph.removeInitializer(w);
    expect([graph.inputs, [...graph.initializers], w.tensor]).toEqual([[], [], null]);
  });
});
