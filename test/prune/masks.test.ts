/** Masks: as many zeros as asked for, patterns everywhere, what is kept untouched, errors no worse than those of magnitude. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { floatsOf } from '../../src/ir/floats.ts';
import type { Model } from '../../src/ir/model.ts';
import { hessianOf } from '../../src/numeric/hessian.ts';
import { plainEngine } from '../../src/numeric/matrix-engine.ts';
import { openModel } from '../../src/onnx/read.ts';
import { dropSmallest, partOf, ranked } from '../../src/prune/masks/choose.ts';
import { blockScores, grainSize, parseForm, SINGLE, spreadBlocks } from '../../src/prune/masks/form.ts';
import { findMaskLayers, orderOf } from '../../src/prune/masks/layer.ts';
import { type MaskMethod, maskLayer, wandaScores } from '../../src/prune/masks/mask-layer.ts';
import { parsePattern } from '../../src/prune/masks/pattern.ts';
import { pruneMasks } from '../../src/prune/masks/prune-masks.ts';
import { cubicSparsity } from '../../src/prune/masks/schedule.ts';
import { sparsegpt } from '../../src/prune/masks/sparsegpt.ts';
import type { PruneOptions } from '../../src/prune/options.ts';
import { normal } from '../../src/random.ts';
import { silentContext } from '../../src/step.ts';
import { llmc } from '../cli/harness.ts';
import { FIXTURE_DATA, FIXTURES } from '../support/fixtures.ts';
import { noisyModel } from '../support/quantized.ts';

const ANYWHERE = { pattern: null, grain: SINGLE };
const ROWS = 24;
const SIZE = 160;
const METHODS: readonly MaskMethod[] = ['magnitude', 'wanda', 'sparsegpt'];

/** Noise, and the Gram matrix of inputs of which each is much like the one before. */
function problem() {
  const next = normal(7);
  const matrix = Float32Array.from({ length: ROWS * SIZE }, next);
  const sum = new Float64Array(SIZE * SIZE);
  const rows = 600;
  for (let sample = 0; sample < rows; sample++) {
    let last = 0;
    const x = Float64Array.from({ length: SIZE }, (_, at) => {
      last = 0.9 * last + 0.4 * next();
      return last * (1 + (at % 5));
    });
    for (let i = 0; i < SIZE; i++)
      for (let j = 0; j < SIZE; j++)
        sum[i * SIZE + j] = (sum[i * SIZE + j] as number) + (x[i] as number) * (x[j] as number);
  }
  return { matrix, gram: { sum, rows } };
}

const zeros = (values: Iterable<number>) => [...values].filter((each) => each === 0).length;
const sumOf = (values: Iterable<number>) => [...values].reduce((sum, each) => sum + each, 0);

describe('choosing', () => {
  it('takes exactly as many as asked for, the least, ties in order', () => {
    const drop = new Uint8Array(6);
    dropSmallest(Float32Array.of(3, 1, 1, 0, 1, 9), 0, 6, 3, drop);
    expect([...drop]).toEqual([0, 1, 1, 1, 0, 0]);
    expect(sumOf(Array.from({ length: 7 }, (_, at) => partOf(24, at, 7)))).toBe(24);
  });

  it('ranks layers together, up to what may go of each', () => {
    const layers = [Float32Array.of(1, 1, 1, 1), Float32Array.of(2, 3, 1, 9)];
    expect(ranked(layers, 4, [4, 4])).toEqual([4, 0]);
    expect(ranked(layers, 4, [2, 4])).toEqual([2, 2]);
    expect(ranked(layers, 8, [2, 3])).toEqual([2, 3]);
  });

  it('sees a weight with the first summed axis running fastest', () => {
    const { rows, columns, axis, extent } = orderOf([2, 3, 2], [1, 2]);
    expect([axis, extent, [...rows], [...columns]]).toEqual([1, 3, [0, 6], [0, 2, 4, 1, 3, 5]]);
  });
});

describe('methods', () => {
  const { matrix, gram } = problem();
  const request = { matrix, columns: SIZE, gram };

  it.each(METHODS)('%s: exact sparsity, patterns everywhere, the same again', async (method) => {
    for (const count of [1, 1111, 1920, 3800]) {
      const mask = await maskLayer({ ...request, method, goes: count }, plainEngine);
      expect(sumOf(mask.drop)).toBe(count);
      expect(await maskLayer({ ...request, method, goes: count }, plainEngine)).toEqual(mask);
    }
    for (const pattern of ['2:4', '4:8', '1:5', '3:16'].map(parsePattern)) {
      if (!pattern) throw new Error('no pattern');
      const { drop } = await maskLayer({ ...request, method, goes: pattern }, plainEngine);
      for (let at = 0; at < drop.length; at += pattern.of)
        expect(sumOf(drop.subarray(at, at + pattern.of))).toBe(pattern.of - pattern.kept);
    }
  });

  it.each(METHODS)('%s: blocks go whole, as many as asked for', async (method) => {
    for (const grain of [
      { rows: 4, columns: 1 },
      { rows: 1, columns: 16 },
      { rows: 4, columns: 4 },
      { rows: 24, columns: 32 },
    ]) {
      const block = grainSize(grain);
      const blocks = matrix.length / block;
      const mask = await maskLayer(
        { ...request, method, grain, goes: block * Math.round(blocks * 0.4) },
        plainEngine,
      );
      expect(sumOf(mask.drop)).toBe(block * Math.round(blocks * 0.4));
      expect(new Set(blockScores(Float32Array.from(mask.drop), SIZE, grain))).toEqual(new Set([0, 1]));
      expect(mask.error as number).toBeLessThanOrEqual(mask.magnitudeError as number);
    }
  });

  it('a block counts by its energy, and its mark is that of all its weights', () => {
    const scores = Float32Array.of(3, 4, 0, 0, 0, 0, 1, 1);
    const grain = { rows: 2, columns: 2 };
    expect([...blockScores(scores, 4, grain)]).toEqual([2.5, Math.fround(Math.sqrt(0.5))]);
    expect([...spreadBlocks(Uint8Array.of(0, 1), 4, grain)]).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  });

  it('wanda beats magnitude where inputs differ, sparsegpt is at 0.4 of magnitude where they are alike', async () => {
    for (const goes of [1920, { kept: 2, of: 4 }]) {
      const wanda = await maskLayer({ ...request, method: 'wanda', goes }, plainEngine);
      const gpt = await maskLayer({ ...request, method: 'sparsegpt', goes }, plainEngine);
      expect(wanda.method).toBe('wanda');
      expect(wanda.weights).toBeNull();
      expect(wanda.error).toBeLessThan(wanda.magnitudeError as number);
      expect(gpt.error).toBeLessThan(0.4 * (gpt.magnitudeError as number));
    }
  });

  it('falls back to magnitude where that loses less', async () => {
    // One row decides: all large weights are in it, and Wanda takes as much of each.
    const lopsided = matrix.map((weight, at) => (at < SIZE ? 100 * weight : weight));
    const mask = await maskLayer({ ...request, matrix: lopsided, method: 'wanda', goes: 1920 }, plainEngine);
    expect(mask.method).toBe('magnitude');
    expect(mask.error).toBe(mask.magnitudeError);
  });

  it('wanda scores are weights times norms of inputs', () => {
    const scores = wandaScores(Float32Array.of(1, -2, 3, 0), 2, {
      sum: Float64Array.of(4, 1, 1, 9),
      rows: 5,
    });
    expect([...scores]).toEqual([2, 6, 6, 0]);
  });

  it('sparsegpt gives what elimination by the inverse gives', async () => {
    // The paper as it stands: one column at a time, with the inverse of what is left of H.
    const size = 6;
    const small = matrix.slice(0, 2 * size);
    const sum = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) sum[i * size + j] = gram.sum[i * SIZE + j] as number;
    const hessian = hessianOf({ sum, rows: gram.rows }, size)?.values as Float64Array;
    const found = await sparsegpt(small, size, hessian, 6, SINGLE, plainEngine);
    const weights = Float64Array.from(small);
    for (let column = 0; column < size; column++) {
      const inverse = inverseOf(hessian, size, column);
      for (let row = 0; row < 2; row++) {
        if (found?.drop[row * size + column] !== 1) continue;
        const error = (weights[row * size + column] as number) / (inverse[0]?.[0] as number);
        for (let j = column; j < size; j++)
          weights[row * size + j] =
            (weights[row * size + j] as number) - error * (inverse[0]?.[j - column] as number);
      }
    }
    for (const [at, weight] of weights.entries()) expect(found?.weights[at]).toBeCloseTo(weight, 4);
  });
});

/** The inverse of the part of a matrix from a row and column on, by Gauss and Jordan. */
function inverseOf(matrix: Float64Array, size: number, from: number): number[][] {
  const count = size - from;
  const work = Array.from({ length: count }, (_, i) =>
    Array.from({ length: 2 * count }, (__, j) =>
      j < count ? (matrix[(from + i) * size + from + j] as number) : Number(j - count === i),
    ),
  );
  for (const [i, row] of work.entries()) {
    const pivot = row[i] as number;
    for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) / pivot;
    for (const other of work) {
      if (other === row) continue;
      const factor = other[i] as number;
      for (let j = 0; j < row.length; j++) other[j] = (other[j] as number) - factor * (row[j] as number);
    }
  }
  return work.map((row) => row.slice(count));
}

const OPTIONS: PruneOptions = {
  structure: 'unstructured',
  target: { measure: 'sparsity', share: 0.5 },
  importance: null,
  scope: 'local',
  roundTo: null,
  maxPerLayer: 0.9,
  include: [],
  exclude: [],
  data: undefined,
  samples: 8,
  recover: 'none',
  check: 'none',
};
const GRAPH = `g (float[N,4,8,8] x) => (float[N,5] y, float[N,5] z)
  <float[8,4,3,3] w = {0}, float[8,1,3,3] depth = {0}, float[8,6] tied = {0}, float[5,6] head = {0}>
  { a = Conv <pads = [1,1,1,1]> (x, w) b = Conv <pads = [1,1,1,1], group = 8> (a, depth)
    p = GlobalAveragePool(b) q = Flatten(p) h = MatMul(q, tied) n = Neg(q) i = MatMul(n, tied)
    y = Gemm <transB = 1> (h, head) z = Gemm <transB = 1> (i, head) }`;
const weight = (model: Model, name: string): Float32Array => {
  const tensor = [...model.graph.initializers].find((value) => value.name === name)?.tensor;
  if (!tensor) throw new Error(name);
  return floatsOf(tensor);
};

describe('models', () => {
  it('masks weights once, also tied ones, and leaves what is kept as it was', async () => {
    for (const scope of ['local', 'global'] as const) {
      const [before, after] = [noisyModel(GRAPH), noisyModel(GRAPH)];
      await pruneMasks(after, ANYWHERE, { ...OPTIONS, scope }, false, silentContext({ threads: 1 }));
      let gone = 0;
      for (const name of ['w', 'depth', 'tied', 'head']) {
        const [old, now] = [weight(before, name), weight(after, name)];
        gone += zeros(now);
        for (const [at, value] of now.entries()) if (value !== 0) expect(value).toBe(old[at]);
        if (scope === 'local') expect(zeros(now)).toBe(now.length / 2);
      }
      expect(gone).toBe((288 + 72 + 48 + 30) / 2);
    }
  });

  it('2:4 runs along what is summed over, and skips what it does not divide', async () => {
    const model = noisyModel(GRAPH);
    const options = { ...OPTIONS, structure: '2:4' };
    const { skipped } = await pruneMasks(
      model,
      { pattern: { kept: 2, of: 4 }, grain: SINGLE },
      options,
      false,
      silentContext({ threads: 1 }),
    );
    expect(skipped.map(({ what }) => what).sort()).toEqual(['depth', 'head']);
    const w = weight(model, 'w');
    for (let out = 0; out < 8; out++)
      for (let place = 0; place < 9; place++)
        expect(zeros([0, 1, 2, 3].map((channel) => w[(out * 4 + channel) * 9 + place] as number))).toBe(2);
    const tied = weight(model, 'tied');
    for (let run = 0; run < 8; run += 4)
      for (let column = 0; column < 6; column++)
        expect(zeros([0, 1, 2, 3].map((row) => tied[(run + row) * 6 + column] as number))).toBe(2);
  });

  it('blocks span results and what they are sums of, and skip what they do not divide', async () => {
    for (const scope of ['local', 'global'] as const) {
      const model = noisyModel(GRAPH);
      const form = parseForm('4x2');
      if (!form) throw new Error('no form');
      const options = { ...OPTIONS, structure: '4x2', scope };
      const { skipped } = await pruneMasks(model, form, options, false, silentContext({ threads: 1 }));
      expect(skipped.map(({ what }) => what).sort()).toEqual(['depth', 'head', 'tied']);
      const w = weight(model, 'w');
      expect(zeros(w)).toBe(144);
      for (let out = 0; out < 8; out += 4)
        for (let channel = 0; channel < 4; channel += 2)
          for (let place = 0; place < 9; place++) {
            const block = [0, 1, 2, 3].flatMap((o) =>
              [0, 1].map((c) => w[((out + o) * 4 + channel + c) * 9 + place] as number),
            );
            expect([0, 8]).toContain(zeros(block));
          }
    }
  });

  it('keeps tables that are factors too', () => {
    const model = noisyModel(`g (int64[N] x) => (float[N,6] y)
      <float[6,6] table = {0}> { a = Gather(table, x) y = MatMul(a, table) }`);
    const { layers, others } = findMaskLayers(model, () => null);
    expect(layers).toEqual([]);
    expect(others[0]?.reason).toMatch(/table/);
  });

  it('observes convolutions and products: no layer is worse than by magnitude', async () => {
    const model = openModel(join(FIXTURES, 'fashion-cnn.onnx')).model;
    const data = `${join(FIXTURE_DATA, 'fashion-calibration.npz')}`;
    const options = { ...OPTIONS, data, method: 'sparsegpt' };
    const { changed } = await pruneMasks(model, ANYWHERE, options, false, silentContext({ threads: 1 }));
    const errors = changed.flatMap(({ detail }) => {
      const found = /error ([\d.]+) %.*, ([\d.]+) % by magnitude/.exec(detail);
      return found ? [[Number(found[1]), Number(found[2])] as const] : [];
    });
    expect(errors.length).toBeGreaterThan(3);
    for (const [own, magnitude] of errors) expect(own).toBeLessThanOrEqual(magnitude);
  });
});

it('the schedule goes from one share to the other, ever slower', () => {
  const schedule = { from: 0.1, to: 0.9, begin: 10, end: 110 };
  const shares = Array.from({ length: 121 }, (_, step) => cubicSparsity(schedule, step));
  expect(shares[10]).toBe(0.1);
  expect(shares[60]).toBeCloseTo(0.9 - 0.8 / 8, 12);
  expect(shares[110]).toBe(0.9);
  const steps = shares.slice(11, 111).map((share, at) => share - (shares[at + 10] as number));
  for (const [at, step] of steps.entries()) if (at > 0) expect(step).toBeLessThan(steps[at - 1] as number);
});

it.each([
  ['--structure 2:4 --sparsity 0.3', '2:4 makes a sparsity of 0.5'],
  ['--structure 4:2', 'no pattern'],
  ['--structure 2:7', '7 does not divide'],
  ['--structure unstructured --sparsity 1', 'leave nothing'],
  ['--structure unstructured --sparsity 0', 'takes nothing away'],
  ['--structure unstructured', 'how much'],
  ['--structure unstructured --sparsity 0.5 --method wanda', '--data'],
  ['--structure 2:4 --method sparsegpt', '--data'],
  ['--structure 2:4 --method other', 'not known'],
  ['--structure unstructured --macs 50%', 'do not change --macs'],
  ['--structure unstructured --sparsity 0.5 --importance l1', '--method'],
  ['--structure unstructured --sparsity 0.5 --max-per-layer 0.4', '--max-per-layer'],
  ['--sparsity 0.5 --method wanda', 'for masks'],
])('%s is refused', async (options, message) => {
  const model = join(FIXTURES, 'gpt-bytes.onnx');
  const { code, stderr } = await llmc(['prune', model, ...options.split(' '), '-o', 'never.onnx']);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});
