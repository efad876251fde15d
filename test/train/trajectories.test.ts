/** Losses of the first steps against PyTorch's, for the same weights, data, order and settings. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { openDataset, parseDataSpec } from '../../src/data/open.ts';
import { openModel } from '../../src/onnx/read.ts';
import { silentContext } from '../../src/step.ts';
import { objectiveFor } from '../../src/train/composition.ts';
import { findParameters } from '../../src/train/graph/parameters.ts';
import { prepareTraining } from '../../src/train/graph/prepare.ts';
import { inputsOf, openMaterial } from '../../src/train/material/material.ts';
import { DEFAULT_SETTINGS } from '../../src/train/optimizers/optimizer.ts';
import { optimizerNamed } from '../../src/train/optimizers/table.ts';
import { LEARN_DEFAULTS } from '../../src/train/options.ts';
import { train } from '../../src/train/run/trainer.ts';

interface Trajectory {
  readonly model: string;
  readonly optimizer: string;
  readonly batch: number;
  readonly lr: number;
  readonly momentum?: number;
  readonly weightDecay: number;
  readonly alpha: number;
  readonly temperature: number;
  readonly losses: readonly number[];
}

/** Of the loss. Never to be loosened. */
const TOLERANCE = 1e-3;

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/training/${name}`, import.meta.url));

const { runs } = JSON.parse(readFileSync(fixture('trajectories.json'), 'utf8')) as {
  runs: Trajectory[];
};

describe('steps', () => {
  for (const run of runs)
    it(`${run.model}: ${run.optimizer}, ${run.alpha > 0 ? 'from a teacher' : 'from labels'}`, async () => {
      const losses = await lossesOf(run);
      expect(losses.length).toBe(run.losses.length);
      for (const [at, loss] of losses.entries()) {
        const wanted = run.losses[at] as number;
        expect(
          Math.abs(loss - wanted) / Math.abs(wanted),
          `step ${at + 1}: ${loss}, not ${wanted}`,
        ).toBeLessThan(TOLERANCE);
      }
    });
});

async function columnOf(data: string, name: string): Promise<HostTensor> {
  const dataset = await openDataset(parseDataSpec(data));
  for await (const { inputs } of dataset?.batches({ size: 1000 }) ?? []) {
    const found = inputs[name];
    if (found) return found;
  }
  throw new Error(`no column '${name}'`);
}

async function lossesOf(run: Trajectory): Promise<number[]> {
  const context = silentContext({ threads: 1 });
  const { model: student } = openModel(fixture(`${run.model}.onnx`));
  await prepareTraining(student, context);
  const data = fixture(`${run.model}.npz`);
  const teacher = await columnOf(data, 'teacher');
  const material = await openMaterial({ data, batch: run.batch, seed: null }, inputsOf(student), []);
  const options = { ...LEARN_DEFAULTS, data, alpha: run.alpha, temperature: run.temperature };
  const [classes] = teacher.dims.slice(1) as [number];
  const { curve } = await train(
    student,
    material,
    async ({ rows }) => ({
      scores: {
        dtype: 'float32',
        dims: [rows.length, classes],
        data: Float32Array.from(
          rows.flatMap((row) =>
            Array.from((teacher.data as Float32Array).slice(row * classes, (row + 1) * classes)),
          ),
        ),
      },
      hints: {},
    }),
    {
      objective: objectiveFor(options, 1, true),
      output: 'scores',
      trained: new Set(findParameters(student, []).trained.map(({ name }) => name)),
      decay: () => run.weightDecay,
      optimizer: optimizerNamed(run.optimizer),
      settings: { ...DEFAULT_SETTINGS, momentum: run.momentum ?? 0 },
      clip: null,
      ema: null,
      frozenBatchNorm: false,
      keepZeros: false,
      accumulate: 1,
      rate: run.lr,
      schedule: 'constant',
      warmup: 0,
      steps: run.losses.length,
      evaluate: null,
      patience: null,
      checkpoints: null,
      onGraph: null,
    },
    context,
  );
  return curve.map(({ loss }) => loss);
}
