/** Scores a student on data it is not trained on. */
import { keepRows, ScoreBoard } from '../../data/metrics/score-board.ts';
import { loadMetrics, wantedMetrics } from '../../data/metrics/wanted.ts';
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import { encodeModel } from '../../onnx/write.ts';
import { lowerIsBetter } from '../../report/metric-drop.ts';
import { openInputs } from '../../runtime/inputs.ts';
import { openSession } from '../../runtime/session.ts';
import type { Context } from '../../step.ts';
import type { Scored } from '../run/training.ts';

/** Rows in a batch where the model leaves that open. */
const BATCH = 64;

/**
 * A function that scores the model as it is.
 * @param metric name of the one that decides, the first that fits by default
 * @throws LlmcError DATA when it is called and the data has no labels that fit
 */
export async function judgeFor(
  data: string,
  metric: string | null,
  context: Context,
): Promise<(student: Model) => Promise<Scored>> {
  await loadMetrics(metric === null ? [] : [metric]);
  const wanted = wantedMetrics(metric === null ? [] : [metric]);
  return async (student) => {
    const session = await openSession({ model: encodeModel(student) }, { threads: context.threads });
    try {
      const inputs = await openInputs(session, { data, preferredBatch: BATCH, seed: context.seed });
      const board = new ScoreBoard(wanted);
      for await (const { feeds, labels, size, padded } of inputs.batches()) {
        context.signal.throwIfAborted();
        if (labels) board.add(keepRows(await session.run(feeds), size, padded), labels);
      }
      const [[name, value] = [null, 0]] = Object.entries(board.values());
      if (name === null)
        throw new LlmcError('DATA', `${inputs.source} has no labels that fit the student's outputs`, {
          hint: 'give labels with --eval, or leave it out',
        });
      return { metric: name, value, better: lowerIsBetter(name) ? 'lower' : 'higher' };
    } finally {
      await session.release();
    }
  };
}
