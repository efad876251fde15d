/** Proves gradient rules: the projection of a gradient on a random direction is the slope along that direction. */

import type { HostTensor } from '../../../src/data/host-tensor.ts';
import { Formula } from '../../../src/ir/formula.ts';
import type { Model } from '../../../src/ir/model.ts';
import type { Value } from '../../../src/ir/value.ts';
import { encodeModel } from '../../../src/onnx/write.ts';
import { specOf } from '../../../src/ops/table.ts';
import { normal, uniform } from '../../../src/random.ts';
import { openSession } from '../../../src/runtime/session.ts';
import { inferTypes } from '../../../src/runtime/shapes.ts';
import { backward } from '../../../src/train/graph/backward.ts';
import { decompose } from '../../../src/train/graph/decompose.ts';
import { differences } from '../../support/equivalence.ts';
import { parseModel } from '../../support/parse.ts';

export interface GradientSample {
  /** The operator, as `Node.opType`. */
  readonly op: string;
  /** A graph with static shapes; gradients are checked for all float32 inputs but those named in `fixed`. */
  readonly graph: string;
  /** What tells this sample from others of the operator. */
  readonly about?: string;
  /** Where float32 inputs are drawn from; default -1 to 1. Away from kinks: steps are 1/64 of the width. */
  readonly range?: readonly [number, number];
  /** Ranges of single inputs. */
  readonly ranges?: Readonly<Record<string, readonly [number, number]>>;
  /** Values of inputs of other types, in row-major order. */
  readonly feeds?: Readonly<Record<string, readonly number[]>>;
  /** Float inputs whose gradient nobody asks for. */
  readonly fixed?: readonly string[];
  /** Draws distinct values a step apart, for functions with a kink where two elements are equal. */
  readonly spread?: true;
  /**
   * For operators whose rule is a convention rather than a derivative: the gradient of each input from its values and
   * the gradient of the only output, element by element.
   */
  readonly reference?: (value: number, dy: number, element: number) => number;
  /** Moves values at least this far from zero, for functions with a kink there. */
  readonly awayFromZero?: number;
}

/** Relative to the size of the projection's terms: what float32 leaves of a difference of sums. Never to be loosened. */
const TOLERANCE = 1e-3;

type Feeds = Record<string, HostTensor>;

/**
 * For each input: `<dy, J v>` by differences of the fourth order against `<J^T dy, v>` of the gradient graph. A
 * decomposed operator must compute what it computed before as well.
 * @throws Error naming the input whose projections differ
 */
export async function checkGradient(sample: GradientSample): Promise<void> {
  const model = parseModel(sample.graph);
  const whole = encodeModel(model);
  const feeds = feedsOf(model, sample);
  const forward = await openSession({ model: whole }, { threads: 1, optimize: 'disabled' });
  try {
    const outputs = await forward.run(feeds);
    const seeds = seedsFor(outputs);
    const gradients = await gradientsOf(model, sample, feeds, seeds, outputs);
    for (const [name, gradient] of gradients) {
      if (sample.reference) {
        compare(name, gradient, feeds, seeds, sample.reference);
        continue;
      }
      const numeric = await slope(async (shifted) => loss(await forward.run(shifted), seeds), feeds, name);
      const terms = Array.from(
        gradient.data as Float32Array,
        (one, at) => one * (numeric.direction[at] as number),
      );
      const analytic = terms.reduce((sum, one) => sum + one, 0);
      const size = Math.sqrt(terms.reduce((sum, one) => sum + one * one, 0));
      const off = Math.abs(numeric.value - analytic);
      if (!(off <= TOLERANCE * Math.max(size, 1e-2)))
        throw new Error(
          `${name}: the slope is ${numeric.value}, the gradient says ${analytic} (terms of ${size})`,
        );
      if (!terms.some((one) => one !== 0)) throw new Error(`${name}: the gradient is zero everywhere`);
    }
  } finally {
    await forward.release();
  }
}

function compare(
  name: string,
  gradient: HostTensor,
  feeds: Feeds,
  seeds: Feeds,
  reference: NonNullable<GradientSample['reference']>,
): void {
  const values = feeds[name]?.data as Float32Array;
  const dy = Object.values(seeds)[0]?.data as Float32Array;
  const found = gradient.data as Float32Array;
  const kinds = new Set<boolean>();
  for (const [at, value] of values.entries()) {
    const wanted = reference(value, dy[at] as number, at);
    kinds.add(wanted === 0);
    if (Math.abs((found[at] as number) - wanted) > 1e-6)
      throw new Error(`${name}[${at}] = ${value}: the gradient is ${found[at]}, not ${wanted}`);
  }
  if (kinds.size !== 2) throw new Error(`${name}: the values are all on one side`);
}

/** The gradient graph as text needs no more than this: the model with gradients of `sum(dy * y)` as outputs. */
export async function gradientModel(
  sample: GradientSample,
): Promise<{ model: Model; gradients: Map<string, string> }> {
  const model = parseModel(sample.graph);
  await decompose(model, inferTypes);
  const graph = model.graph;
  const f = new Formula(graph);
  const wanted = graph.inputs.filter((value) => isWanted(value, sample));
  const seeds = new Map<Value, Value>();
  for (const output of graph.outputs) {
    if (output.dtype !== 'float32') continue;
    const seed = graph.value(`dy_${output.name}`);
    seed.type = output.type;
    graph.inputs = [...graph.inputs, seed];
    seeds.set(output, seed);
  }
  const found = backward(f, seeds, wanted);
  const gradients = new Map<string, string>();
  for (const value of wanted) {
    const gradient = found.get(value);
    if (!gradient) throw new Error(`no gradient reaches '${value.name}'`);
    gradient.type = value.type;
    gradients.set(value.name, gradient.name);
  }
  graph.outputs = [...graph.outputs, ...new Set(found.values())];
  return { model, gradients };
}

async function gradientsOf(
  given: Model,
  sample: GradientSample,
  feeds: Feeds,
  seeds: Feeds,
  outputs: Feeds,
): Promise<Map<string, HostTensor>> {
  const { model, gradients } = await gradientModel(sample);
  const session = await openSession({ model: encodeModel(model) }, { threads: 1, optimize: 'disabled' });
  try {
    const found = await session.run({ ...feeds, ...prefixed(seeds) });
    const again = Object.fromEntries(Object.keys(outputs).map((name) => [name, found[name] as HostTensor]));
    const different = differences(outputs, again);
    if (different.length > 0)
      throw new Error(`taken apart it computes something else: ${different.join('; ')}`);
    return new Map(
      [...gradients].map(([name, gradient]) => {
        const tensor = found[gradient] as HostTensor;
        const stated = given.graph.inputs.find((value) => value.name === name)?.type?.shape;
        if (String(tensor.dims) !== String(stated))
          throw new Error(`${name}: gradient of shape ${tensor.dims}`);
        return [name, tensor];
      }),
    );
  } finally {
    await session.release();
  }
}

function prefixed(seeds: Feeds): Feeds {
  return Object.fromEntries(Object.entries(seeds).map(([name, tensor]) => [`dy_${name}`, tensor]));
}

function isWanted(value: Value, { fixed = [] }: GradientSample): boolean {
  return value.dtype === 'float32' && !fixed.includes(value.name);
}

function loss(outputs: Feeds, seeds: Feeds): number {
  let total = 0;
  for (const [name, seed] of Object.entries(seeds)) {
    const y = outputs[name]?.data as Float32Array;
    for (const [at, u] of (seed.data as Float32Array).entries()) total += u * (y[at] as number);
  }
  return total;
}

/** Central differences at one and two steps, combined so that errors of the third order cancel. */
async function slope(at: (feeds: Feeds) => Promise<number>, feeds: Feeds, name: string) {
  const base = feeds[name] as HostTensor;
  const values = base.data as Float32Array;
  const draw = uniform(7);
  const direction = Float32Array.from({ length: values.length }, () => (draw() < 0.5 ? -1 : 1));
  const step = 1 / 64;
  const shifted = (scale: number) => {
    const data = values.map((value, i) => value + scale * step * (direction[i] as number));
    return at({ ...feeds, [name]: { ...base, data } });
  };
  const [p1, m1, p2, m2] = [
    await shifted(1),
    await shifted(-1),
    await shifted(2),
    await shifted(-2),
  ] as const;
  return { value: (8 * (p1 - m1) - (p2 - m2)) / (12 * step), direction };
}

function seedsFor(outputs: Feeds): Feeds {
  const floats = Object.entries(outputs).filter(([, { dtype }]) => dtype === 'float32');
  return Object.fromEntries(
    floats.map(([name, { dims, data }], k) => {
      const draw = normal(11 + k);
      return [
        name,
        { dtype: 'float32', dims, data: Float32Array.from({ length: data.length }, () => draw()) },
      ];
    }),
  );
}

function feedsOf(model: Model, sample: GradientSample): Feeds {
  return Object.fromEntries(
    model.graph.inputs.map((input, k) => {
      const dims = (input.type?.shape ?? []).map(Number);
      const size = dims.reduce((a, b) => a * b, 1);
      const given = sample.feeds?.[input.name];
      if (input.dtype !== 'float32') {
        if (!given || !input.dtype) throw new Error(`say what '${input.name}' is fed`);
        const data =
          input.dtype === 'int64'
            ? BigInt64Array.from(given, BigInt)
            : input.dtype === 'int32'
              ? Int32Array.from(given)
              : Uint8Array.from(given);
        return [input.name, { dtype: input.dtype, dims, data } as HostTensor];
      }
      const [low, high] = sample.ranges?.[input.name] ?? sample.range ?? [-1, 1];
      const random = uniform(3 + k);
      const drawn = Array.from({ length: size }, () => random());
      const order = drawn.map((_, i) => i).sort((a, b) => (drawn[a] as number) - (drawn[b] as number));
      const valueAt = (i: number): number => {
        if (given) return given[i] as number;
        if (sample.spread) return low + ((order[i] as number) + 0.5) * ((high - low) / size);
        const value = low + (high - low) * (drawn[i] as number);
        const gap = sample.awayFromZero ?? 0;
        return Math.abs(value) < gap ? Math.sign(value || 1) * (gap + Math.abs(value)) : value;
      };
      return [
        input.name,
        { dtype: 'float32', dims, data: Float32Array.from({ length: size }, (_, i) => valueAt(i)) },
      ];
    }),
  );
}

/** Whether the operators of a sample's graph include the one it is for. */
export function mentions(sample: GradientSample): boolean {
  return parseModel(sample.graph).graph.nodes.some(
    (node) => node.opType === sample.op && specOf(node) !== null,
  );
}
