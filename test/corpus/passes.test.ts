/**
 * Every pass over every model of the corpus and every ONNX backend test: outputs stay equal, a second run changes
 * nothing, and what is meant to make models smaller makes none larger.
 */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import { decodeModel, openModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { changeText, type Pass, runPasses } from '../../src/passes/pass.ts';
import { passes, pipelines } from '../../src/passes/table.ts';
import { upgradeOpset } from '../../src/passes/upgrade-opset.ts';
import { openSession, type Session } from '../../src/runtime/session.ts';
import { silentContext } from '../../src/step.ts';
import { differences, type Feeds, outputsOf } from '../support/equivalence.ts';
import { feedsOf, orSkip } from '../support/same-outputs.ts';
import { allModels } from '../support/subjects.ts';

const runs: readonly (readonly [string, readonly Pass[]])[] = [
  ...passes.map((pass) => [pass.name, [pass]] as const),
  ...[11, 13, 19, 21, 23].map((target) => [`upgrade to ai.onnx ${target}`, [upgradeOpset(target)]] as const),
  ...Object.entries(pipelines).map(([name, list]) => [`pipeline ${name}`, list] as const),
];

describe.for(allModels())('$id', (subject) => {
  const { path } = subject;
  let session: Session | undefined;
  let before: { feeds: Feeds; outputs: Feeds } | undefined;

  beforeAll(async () => {
    session = await openSession(path, { threads: 1, optimize: 'disabled' }).catch(() => undefined);
  });
  afterAll(async () => {
    await session?.release();
  });

  /** Inputs and outputs of the untouched model; skips what the runtime cannot run or makes up at random. */
  async function original(context: TestContext): Promise<{ feeds: Feeds; outputs: Feeds }> {
    if (!session) return context.skip('onnxruntime does not open it');
    if (before) return before;
    const feeds = feedsOf(subject, session, context);
    const outputs = await orSkip(session.run(feeds), context);
    // Few random bits are the same twice now and then, but hardly this often.
    for (let run = 0; run < 6; run++)
      if (differences(outputs, await session.run(feeds)).length > 0) context.skip('its outputs are random');
    before = { feeds, outputs };
    return before;
  }

  it.for(runs)('%s', async ([name, list], context) => {
    const { feeds, outputs } = await original(context);
    const { model } = openModel(path);
    await runPasses(model, list, silentContext()).catch((error: unknown) => {
      // An upgrade may refuse, with a reason; nothing else may.
      if (name.startsWith('upgrade') && error instanceof LlmcError) return context.skip(error.message);
      throw error;
    });
    const bytes = encodeModel(model);
    const after = await outputsOf(bytes, () => feeds).catch((error: unknown) => {
      // A newer operator may mean the same and still have no kernel.
      const reason = error instanceof LlmcError ? error.message : '';
      if (name.startsWith('upgrade') && reason.includes('Could not find an implementation'))
        return context.skip(reason);
      throw error;
    });
    expect(differences(outputs, after.outputs)).toEqual([]);

    if (name === 'fold-constants' || name === 'merge-initializers' || name === 'pipeline clean')
      expect(bytes.byteLength).toBeLessThanOrEqual(readFileSync(path).byteLength + 1024);
    const again = await runPasses(decodeModel(bytes), list, silentContext());
    expect(again.flatMap(({ changes }) => changes.map(changeText))).toEqual([]);
  });
});
