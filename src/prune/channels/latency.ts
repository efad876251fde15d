/** --latency: how much has to go until the model takes a given share of its time, measured on this machine. */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import { encodeModel } from '../../onnx/write.ts';
import type { SampledShapes } from '../../probe/sampled-shapes.ts';
import { type InputOptions, type ModelInputs, openInputs } from '../../runtime/inputs.ts';
import { race } from '../../runtime/race.ts';
import { openSession, type Session } from '../../runtime/session.ts';
import type { Context } from '../../step.ts';
import { findGroups } from '../coupling/coupling.ts';
import { cutChannels } from '../cut/cut.ts';
import type { Ranking } from './allocate.ts';
import { shapesOfClone, typedClone } from './typed-clone.ts';

/** Trials by bisection: steps of less than two percent of the channels are lost in the noise. */
const TRIALS = 6;
const BUDGET_MS = 1500;
/** Rows in a batch, where the data or the model leaves it open. */
const ROWS = 8;

/**
 * The least share of channels with which the model takes at most `target` of its time.
 * @throws LlmcError USAGE when it does not get there with everything gone that may go
 */
export async function measuredShare(
  ranking: Ranking,
  model: Model,
  shapes: SampledShapes,
  target: number,
  data: string | undefined,
  context: Context,
): Promise<number> {
  const baseline = await open(model, context);
  const progress = context.progress('measuring latency', TRIALS + 1);
  try {
    const inputs = await openInputs(baseline, inputOptions(data, context));
    const ratioAt = async (share: number): Promise<number> => {
      context.signal.throwIfAborted();
      const candidate = await open(cutCopy(model, shapes, ranking, share), context);
      try {
        return await timeRatio(baseline, candidate, inputs, context);
      } finally {
        await candidate.release();
        progress.tick();
      }
    };
    const least = await ratioAt(1);
    if (least > target)
      throw new LlmcError('USAGE', `${target}x of the time cannot be reached`, {
        hint: `with all that may be cut gone it takes ${least.toFixed(2)}x; raise --max-per-layer, or take more kinds of groups`,
      });
    let [low, high] = [0, 1];
    for (let trial = 0; trial < TRIALS; trial++) {
      const middle = (low + high) / 2;
      if ((await ratioAt(middle)) <= target) high = middle;
      else low = middle;
    }
    return high;
  } finally {
    progress.done();
    await baseline.release();
  }
}

/** Time of one model as a share of that of another, on a batch of the data. */
export async function latencyRatio(
  model: Model,
  candidate: Model,
  data: string | undefined,
  context: Context,
): Promise<number> {
  const sessions: Session[] = [];
  try {
    for (const each of [model, candidate]) sessions.push(await open(each, context));
    const [before, after] = sessions as [Session, Session];
    const inputs = await openInputs(before, inputOptions(data, context));
    return await timeRatio(before, after, inputs, context);
  } finally {
    for (const session of sessions) await session.release();
  }
}

function inputOptions(data: string | undefined, { seed, signal }: Context): InputOptions {
  return { seed, signal, preferredBatch: ROWS, ...(data === undefined ? {} : { data }) };
}

function open(model: Model, context: Context): Promise<Session> {
  return openSession({ model: encodeModel(model) }, { threads: context.threads });
}

/** Time of the candidate as a share of that of the baseline. */
async function timeRatio(
  baseline: Session,
  candidate: Session,
  inputs: ModelInputs,
  context: Context,
): Promise<number> {
  for await (const { feeds } of inputs.batches(ROWS)) {
    const { estimate } = await race(baseline, candidate, [feeds, feeds], {
      budgetMs: BUDGET_MS,
      seed: context.seed,
      signal: context.signal,
    });
    return 1 / estimate;
  }
  throw new LlmcError('DATA', 'there are no rows to measure latency with', {
    hint: 'the data is empty',
  });
}

function cutCopy(model: Model, shapes: SampledShapes, ranking: Ranking, share: number): Model {
  const { model: copy, original } = typedClone(model);
  const known = shapesOfClone(shapes, original);
  const groups = new Map(findGroups(copy, known).map((group) => [group.id, group]));
  const removals = [...ranking.take(share)].flatMap(([{ id }, drop]) => {
    const group = groups.get(id);
    return group ? [{ group, channels: [...drop.keys()].filter((at) => drop[at] === 1) }] : [];
  });
  cutChannels(removals, (value, axis) => known.isFixed(value, axis));
  return copy;
}
