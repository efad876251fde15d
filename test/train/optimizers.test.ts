/** Optimizers against their formulas, written out from the papers. */
import { describe, expect, it } from 'vitest';
import { Formula } from '../../src/ir/formula.ts';
import { Graph } from '../../src/ir/graph.ts';
import { Model } from '../../src/ir/model.ts';
import type { Value } from '../../src/ir/value.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { normal } from '../../src/random.ts';
import { openSession } from '../../src/runtime/session.ts';
import {
  DEFAULT_SETTINGS,
  type Optimizer,
  type OptimizerSettings,
} from '../../src/train/optimizers/optimizer.ts';
import { optimizers } from '../../src/train/optimizers/table.ts';

const SIZE = 7;
const RATE = 0.05;
const DECAY = 0.1;

type Reference = (
  settings: OptimizerSettings,
) => (weight: number[], gradient: number[], step: number) => number[];

const zeros = () => new Array<number>(SIZE).fill(0);
const norm = (x: readonly number[]) => Math.sqrt(x.reduce((sum, one) => sum + one * one, 0));

function adamDirection({ beta1, beta2, epsilon }: OptimizerSettings) {
  const [m, v] = [zeros(), zeros()];
  return (g: readonly number[], t: number): number[] =>
    g.map((one, i) => {
      m[i] = beta1 * (m[i] as number) + (1 - beta1) * one;
      v[i] = beta2 * (v[i] as number) + (1 - beta2) * one * one;
      const [mean, square] = [(m[i] as number) / (1 - beta1 ** t), (v[i] as number) / (1 - beta2 ** t)];
      return mean / (Math.sqrt(square) + epsilon);
    });
}

const references: Readonly<Record<string, Reference>> = {
  sgd: ({ momentum, nesterov }) => {
    const v = zeros();
    return (w, g) =>
      w.map((one, i) => {
        const slope = (g[i] as number) + DECAY * one;
        v[i] = momentum * (v[i] as number) + slope;
        return one - RATE * (nesterov ? slope + momentum * (v[i] as number) : (v[i] as number));
      });
  },
  adam: (settings) => {
    const direction = adamDirection(settings);
    return (w, g, t) => {
      const d = direction(
        g.map((one, i) => one + DECAY * (w[i] as number)),
        t,
      );
      return w.map((one, i) => one - RATE * (d[i] as number));
    };
  },
  adamw: (settings) => {
    const direction = adamDirection(settings);
    return (w, g, t) => {
      const d = direction(g, t);
      return w.map((one, i) => one - RATE * DECAY * one - RATE * (d[i] as number));
    };
  },
  lamb: (settings) => {
    const direction = adamDirection(settings);
    return (w, g, t) => {
      const step = direction(g, t).map((one, i) => one + DECAY * (w[i] as number));
      const trust = norm(w) / norm(step);
      return w.map((one, i) => one - RATE * trust * (step[i] as number));
    };
  },
  lion: ({ beta1, beta2 }) => {
    const m = zeros();
    return (w, g) =>
      w.map((one, i) => {
        const direction = Math.sign(beta1 * (m[i] as number) + (1 - beta1) * (g[i] as number));
        m[i] = beta2 * (m[i] as number) + (1 - beta2) * (g[i] as number);
        return one - RATE * (direction + DECAY * one);
      });
  },
};

/** Weights after each of a few steps. */
async function trace(
  optimizer: Optimizer,
  settings: OptimizerSettings,
  gradients: number[][],
): Promise<number[][]> {
  const graph = new Graph(null);
  const model = new Model(10, new Map([['', 21]]), graph);
  const f = new Formula(graph);
  const input = (name: string, shape: readonly number[]): Value => {
    const value = graph.value(name);
    value.type = { dtype: 'float32', shape };
    graph.inputs = [...graph.inputs, value];
    return value;
  };
  const weight = input('w', [SIZE]);
  const slots = optimizer.slots(settings).map((slot) => input(slot, [SIZE]));
  const scalars = new Map<string, Value>();
  const made = optimizer.update({
    f,
    weight,
    gradient: input('g', [SIZE]),
    slots,
    rate: input('rate', []),
    scalar: (name) => {
      const value = scalars.get(name) ?? input(name, []);
      scalars.set(name, value);
      return value;
    },
    decay: DECAY,
    settings,
  });
  graph.outputs = [made.weight, ...made.slots];
  for (const output of graph.outputs) output.type = { dtype: 'float32', shape: [SIZE] };
  const session = await openSession({ model: encodeModel(model) }, { threads: 1 });
  const tensor = (data: readonly number[], dims: readonly number[]) =>
    ({ dtype: 'float32', dims, data: Float32Array.from(data) }) as const;
  let [now, state] = [start(), slots.map(zeros)];
  const found: number[][] = [];
  for (const [at, gradient] of gradients.entries()) {
    const numbers = optimizer.scalars(at + 1, settings);
    const result = await session.run({
      w: tensor(now, [SIZE]),
      g: tensor(gradient, [SIZE]),
      rate: tensor([RATE], []),
      ...Object.fromEntries(slots.map(({ name }, k) => [name, tensor(state[k] ?? [], [SIZE])])),
      ...Object.fromEntries(
        [...scalars].map(([name, { name: fed }]) => [fed, tensor([numbers[name] ?? 0], [])]),
      ),
    });
    const read = (value: Value) => Array.from(result[value.name]?.data as Float32Array);
    now = read(made.weight);
    state = made.slots.map(read);
    found.push(now);
  }
  await session.release();
  return found;
}

function start(): number[] {
  const draw = normal(3);
  return Array.from({ length: SIZE }, () => draw());
}

describe('optimizers', () => {
  const draw = normal(5);
  const gradients = Array.from({ length: 6 }, () => Array.from({ length: SIZE }, () => draw()));
  const variants = optimizers.flatMap((optimizer) =>
    (optimizer.name === 'sgd'
      ? [{ momentum: 0 }, { momentum: 0.9 }, { momentum: 0.9, nesterov: true }]
      : [{}]
    ).map((more) => ({ optimizer, settings: { ...DEFAULT_SETTINGS, ...more } })),
  );
  for (const { optimizer, settings } of variants)
    it(`${optimizer.name}, momentum ${settings.momentum}${settings.nesterov ? ', nesterov' : ''}`, async () => {
      const step = references[optimizer.name]?.(settings);
      let weight = start();
      const found = await trace(optimizer, settings, gradients);
      for (const [at, gradient] of gradients.entries()) {
        weight = step?.(weight, gradient, at + 1) ?? [];
        for (const [i, wanted] of weight.entries()) expect(found[at]?.[i]).toBeCloseTo(wanted, 5);
      }
    });
});
