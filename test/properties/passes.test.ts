/** Every pass on every fixture: same outputs in onnxruntime, and a second run changes nothing. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeModel, openModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { changeText, type Pass, runPasses } from '../../src/passes/pass.ts';
import { passes, pipelines } from '../../src/passes/table.ts';
import { upgradeOpset } from '../../src/passes/upgrade-opset.ts';
import { silentContext } from '../../src/step.ts';
import { differences, outputsOf } from '../support/equivalence.ts';
import { passSubjects } from '../support/pass-subjects.ts';

const runs: (readonly [string, readonly Pass[]])[] = [
  ...passes.map((pass) => [pass.name, [pass]] as const),
  ...[13, 21].map((target) => [`upgrade to ai.onnx ${target}`, [upgradeOpset(target)]] as const),
  ...Object.entries(pipelines).map(([name, list]) => [`pipeline ${name}`, list] as const),
];

describe.for(passSubjects())('$id', ({ path, feeds }) => {
  const before = outputsOf(readFileSync(path), feeds);
  // Each test awaits it; this only keeps an early failure from being reported as unhandled.
  before.catch(() => {});

  it.for(runs)('%s keeps the outputs and is done after one run', async ([, list]) => {
    const { model } = openModel(path);
    await runPasses(model, list, silentContext());
    const bytes = encodeModel(model);
    const first = await before;
    const after = await outputsOf(bytes, () => first.feeds);
    expect(differences(first.outputs, after.outputs)).toEqual([]);

    const again = await runPasses(decodeModel(bytes), list, silentContext());
    expect(again.flatMap(({ changes }) => changes.map(changeText))).toEqual([]);
  });
});
