/**
 * Whatever the factors are, a model whose groups were scaled computes what it did: every group of every model that is
 * always there, with factors over a range of 16, against the unscaled model within the tolerance of passes.
 */
import { expect, it } from 'vitest';
import { openModel } from '../../../../src/onnx/read.ts';
import { runPasses } from '../../../../src/passes/pass.ts';
import { pipelines } from '../../../../src/passes/table.ts';
import { findMigrations } from '../../../../src/quantize/transforms/groups.ts';
import { applyScales } from '../../../../src/quantize/transforms/scaling/apply-scales.ts';
import { uniform } from '../../../../src/random.ts';
import { inferTypes } from '../../../../src/runtime/shapes.ts';
import { silentContext } from '../../../../src/step.ts';
import { differences, outputsOf } from '../../../support/equivalence.ts';
import { passSubjects } from '../../../support/pass-subjects.ts';

/** Groups by model: what signatures let one find. A smaller number is a loss of reach. */
const GROUPS: Readonly<Record<string, number>> = {
  'fashion-cnn-torchscript.onnx': 13,
  'fashion-cnn.onnx': 13,
  'gpt-bytes.onnx': 12,
  'rnn-gru.onnx': 0,
  'rnn-lstm.onnx': 0,
  'text-transformer-dynamo.onnx': 13,
  'text-transformer-torchscript.onnx': 7,
};

it.for(passSubjects())('$id computes the same with every group scaled', async ({ id, path, feeds }) => {
  const { model } = openModel(path);
  await runPasses(model, pipelines['prepare-quantize'], silentContext());
  await inferTypes(model);
  const before = await outputsOf(model, feeds);
  const { migrations } = await findMigrations(model, () => null, silentContext());
  expect(migrations.length).toBeGreaterThanOrEqual(GROUPS[id] ?? 1);
  const next = uniform(7);
  for (const { group } of migrations)
    applyScales(
      group,
      Float64Array.from({ length: group.size }, () => 4 ** (2 * next() - 1)),
    );
  const after = await outputsOf(model, () => before.feeds);
  expect(differences(before.outputs, after.outputs)).toEqual([]);
});
