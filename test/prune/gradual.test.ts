/** Masks that grow: to the schedule, never back, to exactly what was asked for, also after an interruption. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { floatsOf } from '../../src/ir/floats.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { openModel } from '../../src/onnx/read.ts';
import { grainSize, type MaskForm, parseForm } from '../../src/prune/masks/form.ts';
import { GradualMasks, zeroShare } from '../../src/prune/masks/gradual.ts';
import { findMaskLayers, type MaskLayer, matrixOf } from '../../src/prune/masks/layer.ts';
import type { PruneOptions } from '../../src/prune/options.ts';
import { pruneFile } from '../../src/prune/prune.ts';
import { normal } from '../../src/random.ts';
import { type Context, silentContext } from '../../src/step.ts';
import { LEARN_DEFAULTS } from '../../src/train/options.ts';
import { llmc } from '../cli/harness.ts';
import { Folder } from '../support/folder.ts';
import { noisyModel } from '../support/quantized.ts';

const folder = new Folder('gradual');
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/training/${name}`, import.meta.url));

const GRAPH = `g (float[N,16] x) => (float[N,8] y)
  <float[16,40] a = {0}, float[40,8] b = {0}> { h = MatMul(x, a) r = Relu(h) y = MatMul(r, b) }`;

describe('moments', () => {
  const zeros = new Map<string, Float32Array>();
  beforeEach(() => zeros.clear());
  const cases = [
    { structure: 'unstructured', share: 0.8, scope: 'local' },
    { structure: 'unstructured', share: 0.8, scope: 'global' },
    { structure: '2:4', share: 0.5, scope: 'global' },
    { structure: '1:8', share: 0.875, scope: 'global' },
    { structure: '4x2', share: 0.8, scope: 'global' },
  ] as const;
  it.each(cases)('%o', ({ structure, share, scope }) => {
    const form = parseForm(structure) as MaskForm;
    const { pattern, grain } = form;
    const model = noisyModel(GRAPH);
    const layers = () => findMaskLayers(model, () => null).layers;
    const target = { measure: 'sparsity', share } as const;
    const [moments, steps] = [5, 40];
    const masks = new GradualMasks(layers(), moments, form, { target, scope, maxPerLayer: 0.9 });
    const shares: number[] = [];
    let lost = 0;
    for (let step = 0; step < steps; step++) {
      if (masks.due(step, steps)) {
        masks.apply(model, step, steps);
        shares.push(zeroShare(layers().map(({ tensor }) => tensor)));
      }
      expect(masks.settled(step, steps)).toBe(shares.length === moments);
      lost += grown(layers(), step);
    }
    expect(lost).toBe(0);
    const wanted = [1, 2, 3, 4, 5].map((moment) => share * (1 - (1 - moment / 5) ** 3));
    for (const [at, own] of shares.entries())
      expect(Math.abs(own - (wanted[at] as number))).toBeLessThan((2 * grainSize(grain)) / 960);
    expect(Math.round((shares.at(-1) as number) * 960)).toBe(Math.round(share * 960));
    if (pattern) expect(runsOf(layers(), pattern.of)).toEqual([pattern.kept]);
  });

  /** As training does: what is zero stays, the rest moves, small weights to large ones and back. How many zeros are lost? */
  function grown(layers: readonly MaskLayer[], seed: number): number {
    const noise = normal(seed);
    let lost = 0;
    for (const { value, tensor } of layers) {
      const known = zeros.get(value.name);
      const floats = floatsOf(tensor);
      if (known) for (const [at, one] of floats.entries()) if (known[at] === 0 && one !== 0) lost++;
      zeros.set(value.name, floats);
      value.tensor = Tensor.of(
        'float32',
        tensor.dims,
        floats.map((one) => one && noise()),
      );
    }
    return lost;
  }

  /** How many weights are left in runs along the sums. */
  function runsOf(layers: readonly MaskLayer[], size: number): number[] {
    const left = new Set<number>();
    for (const layer of layers) {
      const matrix = matrixOf(layer, floatsOf(layer.tensor));
      for (let at = 0; at < matrix.length; at += size)
        left.add(matrix.subarray(at, at + size).filter((one) => one !== 0).length);
    }
    return [...left];
  }
});

const OPTIONS: PruneOptions = {
  structure: 'unstructured',
  target: { measure: 'sparsity', share: 0.75 },
  importance: null,
  scope: 'local',
  roundTo: null,
  maxPerLayer: 0.9,
  include: [],
  exclude: [],
  data: fixture('cnn.npz'),
  samples: 32,
  recover: 'none',
  gradual: 6,
  check: 'none',
};

async function prune(
  output: string,
  checkpoint: string | null,
  context: Partial<Context>,
  ema: number | null = 0.9,
) {
  const finetune = {
    ...{ ...LEARN_DEFAULTS, data: fixture('cnn.npz'), batch: 16, steps: 24, rate: 0.003, ema },
    ...{ checkpoint, resume: checkpoint !== null },
  };
  const options = { ...OPTIONS, finetune };
  const job = { input: fixture('cnn.onnx'), output, options, layout: {}, force: false, checksum: false };
  return await pruneFile(job, silentContext({ threads: 1, ...context }));
}

describe('pruneFile', () => {
  it('ends with exactly the zeros asked for, averages included, and with the same bytes when interrupted', async () => {
    const [whole, parts] = [join(folder.path, 'whole.onnx'), join(folder.path, 'parts.onnx')];
    const { outcome } = await prune(whole, null, {});
    expect(outcome.changed.length).toBeGreaterThan(4);
    const before = findMaskLayers(openModel(fixture('cnn.onnx')).model, () => null).layers;
    const after = findMaskLayers(openModel(whole).model, () => null).layers;
    expect(after.length).toBe(before.length);
    for (const { tensor } of after)
      expect(floatsOf(tensor).filter((one) => one === 0).length).toBe(Math.round(tensor.size * 0.75));
    // Between two moments, and after a mask has grown that the first graph knew nothing of.
    const controller = new AbortController();
    let ticks = 0;
    const tick = () => void (++ticks === 9 && controller.abort());
    const stopped = prune(parts, join(folder.path, 'work'), {
      signal: controller.signal,
      progress: (what) => ({ tick: what === 'training' ? tick : () => {}, done: () => {} }),
    });
    await expect(stopped).rejects.toThrow();
    expect(existsSync(parts)).toBe(false);
    await prune(parts, join(folder.path, 'work'), {});
    expect(readFileSync(parts).equals(readFileSync(whole))).toBe(true);
  });
});

it.each([
  ['--structure unstructured --sparsity 0.5 --gradual 4', '--recover finetune'],
  ['--sparsity 0.5 --gradual 4', 'for masks'],
  ['--structure 2:4 --gradual 4 --recover finetune --method wanda', 'by magnitude'],
])('%s is refused', async (options, message) => {
  const data = options.includes('finetune') ? ['--data', fixture('cnn.npz')] : [];
  const { code, stderr } = await llmc([
    'prune',
    fixture('cnn.onnx'),
    ...options.split(' '),
    ...data,
    '-o',
    'never.onnx',
  ]);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});
