/** Work that is stopped ends at once, with the reason of the signal, and leaves nothing where results go. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bench } from '../../src/bench/bench.ts';
import { compareModels } from '../../src/compare/compare.ts';
import { contextOf } from '../../src/library/context.ts';
import { applyRecipe } from '../../src/library/recipe.ts';
import { runStep } from '../../src/library/step.ts';
import { tuneModel } from '../../src/library/tune.ts';
import type { Context } from '../../src/step.ts';

const folder = mkdtempSync(join(tmpdir(), 'llmc-cancel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fixture = (path: string): string => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
const input = fixture('models/fashion-cnn.onnx');
const data = `${fixture('data/fashion-calibration.npz')}?limit=64`;
const output = join(folder, 'result.onnx');
const files = { input, output };

const WORK: Readonly<Record<string, (context: Context) => Promise<unknown>>> = {
  quantize: (context) =>
    runStep('quantize', files, { scheme: 'int8', data, calibration: 'entropy' }, context),
  'quantize auto': (context) => runStep('quantize', files, { scheme: 'auto', data }, context),
  prune: (context) => runStep('prune', files, { macs: '50%', data }, context),
  finetune: (context) =>
    runStep('prune', files, { sparsity: 0.3, recover: 'finetune', finetuneEpochs: 50, data }, context),
  distill: (context) => runStep('distill', files, { studentFrom: 'copy', data, epochs: 50 }, context),
  bench: (context) => bench([input, input], { data, memory: false, gzip: false, timeMs: 20_000 }, context),
  compare: (context) =>
    compareModels(
      [input, fixture('models/fashion-cnn.onnx')],
      { data, samples: 64, sort: 'loss', dims: {} },
      context,
    ),
  recipe: (context) =>
    applyRecipe(
      { version: 1, model: input, output, data, steps: [{ prune: { sparsity: 0.3 } }, { quantize: {} }] },
      { cache: join(folder, 'kept') },
      context,
    ),
  tune: (context) => tuneModel({ model: input, output, data }, { cache: join(folder, 'kept') }, context),
};

/** Far above what was measured on a busy machine, far below what the work takes. */
const AT_ONCE_MS = 3000;

/** Results and hidden folders they are written in; what is kept for later is no result. */
function left(): string[] {
  return readdirSync(folder).filter((name) => name !== 'kept');
}

describe.for(Object.entries(WORK))('%s', ([, work]) => {
  it('ends with the reason it is given', async () => {
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    let stopped = 0;
    const onProgress = (): void => {
      stopped ||= performance.now();
      controller.abort(reason);
    };
    const context = contextOf({ signal: controller.signal, onProgress, threads: 1 });
    // Processes that were stopped name no reason of their own.
    await expect(work(context)).rejects.toSatisfy(
      (error) => error === reason || (error as Error).name === 'AbortError',
    );
    expect(stopped).toBeGreaterThan(0);
    expect(performance.now() - stopped).toBeLessThan(AT_ONCE_MS);
    expect(left()).toEqual([]);
  });

  it('does not begin when it is stopped before', async () => {
    const begun = performance.now();
    await expect(work(contextOf({ signal: AbortSignal.abort(), threads: 1 }))).rejects.toThrow();
    expect(performance.now() - begun).toBeLessThan(AT_ONCE_MS);
    expect(left()).toEqual([]);
  });
});
