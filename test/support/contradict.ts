/** Models that decode and contradict themselves: every constant, attribute and connection made wrong, one at a time. */

import type { Attribute } from '../../src/ir/attribute.ts';
import { byteLengthOf, type DType } from '../../src/ir/dtype.ts';
import type { Model } from '../../src/ir/model.ts';
import type { Node } from '../../src/ir/node.ts';
import { sizeOf, Tensor } from '../../src/ir/tensor.ts';
import type { Value } from '../../src/ir/value.ts';
import { allGraphs } from '../../src/ir/walk.ts';

export interface Contradiction {
  /** What is wrong, for messages. */
  readonly label: string;
  /** Makes it wrong, in a model of its own. */
  readonly model: () => Model;
}

/** Every contradiction of the model that `make` builds; the model must be the same each time. */
export function contradictions(make: () => Model): Contradiction[] {
  const sample = make();
  const found: Contradiction[] = [];
  const add = (label: string, spoil: (model: Model) => void): void => {
    const model = (): Model => {
      const made = make();
      spoil(made);
      return made;
    };
    found.push({ label, model });
  };
  for (const [index, value] of constantsOf(sample).entries())
    for (const [label, tensor] of wrongTensors(value.tensor as Tensor))
      add(`${value.name} is ${label}`, (model) => {
        const victim = constantsOf(model)[index] as Value;
        victim.tensor = tensor;
        victim.type = { dtype: tensor.dtype, shape: tensor.dims };
      });
  for (const [index, node] of nodesOf(sample).entries()) {
    for (const [name, attribute] of node.attributes)
      for (const [label, wrong] of wrongAttributes(attribute))
        add(`${name} of ${node.label} is ${label}`, (model) => {
          const victim = nodesOf(model)[index] as Node;
          if (wrong) victim.attributes.set(name, wrong);
          else victim.attributes.delete(name);
        });
    for (const place of node.inputs.keys()) {
      add(`input ${place} of ${node.label} is missing`, (model) =>
        nodesOf(model)[index]?.setInput(place, null),
      );
      if (place > 0)
        add(`input ${place} of ${node.label} is the first`, (model) => {
          const victim = nodesOf(model)[index] as Node;
          victim.setInput(place, victim.input(0));
        });
      add(`${node.label} has ${place} inputs`, (model) => nodesOf(model)[index]?.truncateInputs(place));
    }
  }
  for (const [index, input] of sample.graph.inputs.entries())
    for (const shape of [null, [], [3], [1, 2, 3, 4, 5, 6]])
      add(`${input.name} has the shape [${shape}]`, (model) => {
        const victim = model.graph.inputs[index] as Value;
        victim.type = { dtype: victim.dtype ?? 'float32', shape };
      });
  return found;
}

function constantsOf(model: Model): Value[] {
  return [...allGraphs(model)].flatMap((graph) => [...graph.initializers]).filter(({ tensor }) => tensor);
}

function nodesOf(model: Model): Node[] {
  return [...allGraphs(model)].flatMap((graph) => graph.nodes);
}

function wrongTensors({ dtype, dims }: Tensor): [string, Tensor][] {
  const size = sizeOf(dims);
  const last = dims.at(-1) ?? 1;
  const rest = dims.slice(0, -1);
  const shapes: number[][] = [
    [],
    [0],
    [1],
    [size],
    [size, 1],
    [1, ...dims],
    [...dims, 1],
    rest,
    dims.slice(1),
    [...rest, last + 1],
    [...rest, Math.max(1, last - 1)],
    [...rest, 0],
    [0, ...dims.slice(1)],
    [(dims[0] ?? 1) + 1, ...dims.slice(1)],
    [...dims].reverse(),
  ];
  const seen = new Set([dims.join()]);
  const reshaped = shapes.flatMap((shape): [string, Tensor][] => {
    if (seen.has(shape.join())) return [];
    seen.add(shape.join());
    return [[`${dtype}[${shape}]`, filled(dtype, shape)]];
  });
  const types: DType[] = ['float32', 'float16', 'float64', 'int64', 'uint8', 'int4', 'bool'];
  const retyped = types
    .filter((type) => type !== dtype)
    .map((type): [string, Tensor] => [`${type}[${dims}]`, filled(type, dims)]);
  const numbers = dtype === 'int64' ? [-(2 ** 40), -9, -1, 0, 2 ** 40] : [];
  const extremes = numbers.map((number): [string, Tensor] => [
    `full of ${number}`,
    Tensor.of(dtype, dims, new BigInt64Array(size).fill(BigInt(number))),
  ]);
  return [...reshaped, ...retyped, ...extremes];
}

function filled(dtype: DType, dims: readonly number[]): Tensor {
  const bytes = new Uint8Array(byteLengthOf(dtype, sizeOf(dims)));
  // Of bytes like these every type makes small finite numbers.
  for (let i = 0; i < bytes.length; i++) bytes[i] = dtype === 'bool' ? i & 1 : (i * 37) % 60;
  return Tensor.of(dtype, dims, bytes);
}

/** Null stands for an attribute that is not there. */
function wrongAttributes(attribute: Attribute): [string, Attribute | null][] {
  const others: Attribute[] = [
    { kind: 'int', value: -1 },
    { kind: 'int', value: 0 },
    { kind: 'int', value: 7 },
    { kind: 'int', value: 2n ** 62n },
    { kind: 'float', value: Number.NaN },
    { kind: 'ints', value: [] },
    { kind: 'ints', value: [0, 0, 0, 0, 0] },
    { kind: 'ints', value: [-9, 99] },
    { kind: 'ints', value: [2 ** 40, -(2 ** 40)] },
    { kind: 'string', value: Uint8Array.of(0xff, 0) },
    { kind: 'tensor', value: filled('float32', [0]) },
    { kind: 'reference', value: 'nowhere' },
  ];
  const longer: Attribute[] =
    attribute.kind === 'ints'
      ? [
          { kind: 'ints', value: [...attribute.value, 1] },
          { kind: 'ints', value: attribute.value.slice(1) },
          { kind: 'ints', value: [...attribute.value].reverse() },
        ]
      : [];
  return [
    ['missing', null],
    ...[...others, ...longer].map((other): [string, Attribute] => [
      `${other.kind} ${'value' in other && typeof other.value !== 'object' ? String(other.value) : JSON.stringify(other.value, (_, v) => (typeof v === 'bigint' ? String(v) : v)).slice(0, 40)}`,
      other,
    ]),
  ];
}
