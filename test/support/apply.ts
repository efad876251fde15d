/** Applies passes to a graph written as text; for tests that show before and after. */

import { printModel } from '../../src/ir/print.ts';
import { cloneModel } from '../../src/onnx/read.ts';
import { changeText, type Pass, type PassTrace, runPasses } from '../../src/passes/pass.ts';
import { silentContext } from '../../src/step.ts';
import { differences, outputsOf } from './equivalence.ts';
import { parseModel } from './parse.ts';

export interface Applied {
  /** Graph and functions after the passes; the head is left out. */
  readonly text: string;
  readonly changes: readonly string[];
  /** `target: reason` of everything left alone. */
  readonly kept: readonly string[];
  readonly traces: readonly PassTrace[];
}

/**
 * Runs the passes on the model of `text`, and the model before and after in onnxruntime.
 * Throws when outputs differ, or when a second run of the passes changes something.
 */
export async function apply(text: string, ...passes: readonly Pass[]): Promise<Applied> {
  const applied = await applyUnrun(text, ...passes);
  const before = await outputsOf(parseModel(text));
  const after = await outputsOf(applied.model, () => before.feeds);
  const different = differences(before.outputs, after.outputs);
  if (different.length > 0) throw new Error(`outputs changed: ${different.join('; ')}\n${applied.text}`);
  return applied;
}

/** The same for models that onnxruntime cannot run. */
export async function applyUnrun(
  text: string,
  ...passes: readonly Pass[]
): Promise<Applied & { readonly model: ReturnType<typeof parseModel> }> {
  const model = parseModel(text);
  const traces = await runPasses(model, passes, silentContext());
  const again = await runPasses(cloneModel(model), passes, silentContext());
  const second = again.flatMap(({ changes }) => changes);
  if (second.length > 0) throw new Error(`a second run changed: ${second.map(changeText).join('; ')}`);
  return {
    model,
    text: printModel(model).replace(/^<[^>]*>\n/, ''),
    changes: traces.flatMap((trace) => trace.changes.map(changeText)),
    kept: traces.flatMap((trace) => trace.kept.map(({ target, reason }) => `${target}: ${reason}`)),
    traces,
  };
}
