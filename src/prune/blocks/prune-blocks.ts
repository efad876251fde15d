/** Whole residual blocks: those that change what goes through them least are taken out. */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import { cloneModel } from '../../onnx/read.ts';
import { runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import { compileSelection } from '../../passes/selection.ts';
import { pipelines } from '../../passes/table.ts';
import { energyProbe } from '../../probe/energy.ts';
import { observe } from '../../probe/observe.ts';
import type { SampledShapes } from '../../probe/sampled-shapes.ts';
import { RuntimeMatrixEngine } from '../../runtime/matrix-engine.ts';
import type { Context } from '../../step.ts';
import { CostModel } from '../channels/cost.ts';
import { latencyRatio } from '../channels/latency.ts';
import { prepareCutting } from '../channels/prepare.ts';
import { shapesOfClone, typedClone } from '../channels/typed-clone.ts';
import type { PruneOptions } from '../options.ts';
import type { PruneOutcome } from '../outcome.ts';
import type { GroupView } from '../plan-view.ts';
import { relearn } from '../recover/relearn.ts';
import { type Block, dropBlock, findBlocks } from './find.ts';

/** Blocks are few: without some of them left nothing would be computed. */
const LEAST_LEFT = 1;

/**
 * Takes blocks out, in place, in the order of their influence.
 * @throws LlmcError USAGE without data, without blocks, or when the target cannot be reached
 */
export async function pruneBlocks(
  model: Model,
  options: PruneOptions,
  dryRun: boolean,
  context: Context,
): Promise<PruneOutcome> {
  if (options.data === undefined && !dryRun)
    throw new LlmcError('USAGE', '--structure layers judges blocks by what they do to data', {
      hint: 'give some rows with --data; labels are not needed',
    });
  const select = compileSelection(model, options);
  const { shapes, passes } = await prepareCutting(model, context);
  const all = findBlocks(model, shapes);
  const reasonOf = ({ node, nodes }: Block): string | null => {
    const excluded = [node, ...nodes].map(select).find((reason) => reason?.includes('--exclude'));
    const included = [node, ...nodes].some((each) => select(each) === null);
    return excluded ?? (included ? null : select(node));
  };
  const free = all.filter((block) => reasonOf(block) === null);
  if (free.length <= LEAST_LEFT && !dryRun)
    throw new LlmcError('USAGE', 'there are no residual blocks to take out of this model', {
      hint: 'a block is a sum of a value and something computed from it; --structure channels needs none',
    });
  const influence =
    options.data === undefined ? free.map(() => 0) : await influences(model, free, options, context);
  const order = free
    .map((_, at) => at)
    .sort((a, b) => (influence[a] as number) - (influence[b] as number) || a - b);
  const count = free.length > LEAST_LEFT ? await countFor(model, shapes, free, order, options, context) : 0;
  const gone = new Set(order.slice(0, count).map((at) => free[at] as Block));
  const views = all.map((block): GroupView => {
    const at = free.indexOf(block);
    const score = at < 0 || options.data === undefined ? null : (influence[at] as number);
    return {
      id: block.node.output()?.name ?? block.node.name,
      kind: 'block',
      size: block.nodes.length,
      left: gone.has(block) ? 0 : block.nodes.length,
      members: block.nodes.map((node) => ({ tensor: node.label, axis: 0, parameter: false })),
      histogram: null,
      least: score,
      largest: score,
      frozen: reasonOf(block),
    };
  });
  const notes = order.slice(0, Math.max(count, 1)).map((at) => {
    const block = free[at] as Block;
    return `block at ${block.node.label}: influence ${(influence[at] as number).toExponential(2)}`;
  });
  if (dryRun) return { changed: [], skipped: [], notes, traces: passes, groups: views, frozen: [] };
  const original = cloneModel(model);
  for (const block of gone) dropBlock(block);
  const cleaned = await runPasses(model, [removeDead], context);
  if (options.recover === 'reconstruct') notes.push(await recover(original, model, options, context));
  const finished = await runPasses(model, pipelines.finish, context);
  return {
    changed: [...gone].map(({ node, nodes }) => ({
      what: node.label,
      detail: `block of ${nodes.length} nodes taken out`,
    })),
    skipped: views.flatMap(({ id, frozen }) =>
      frozen === null ? [] : [{ what: id, kind: 'block', bytes: 0, reason: frozen }],
    ),
    notes,
    traces: [...passes, ...cleaned, ...finished],
    groups: views,
    frozen: [],
  };
}

/**
 * 1 - cos(x, x + f(x)): how far a block turns what goes through it (Men et al. 2024, ShortGPT, section 3.2, over the whole
 * tensor).
 */
async function influences(
  model: Model,
  blocks: readonly Block[],
  options: PruneOptions,
  context: Context,
): Promise<number[]> {
  const taps = blocks.map(({ node, skip, branch }) => ({
    skip: { value: skip, probe: energyProbe },
    branch: { value: branch, probe: energyProbe },
    sum: { value: node.output() ?? skip, probe: energyProbe },
  }));
  const observed = await observe(
    model,
    taps.flatMap((each) => Object.values(each)),
    { ...options, label: 'observing blocks' },
    context,
  );
  return taps.map(({ skip, branch, sum }) => {
    const [x, f, y] = [skip, branch, sum].map((tap) => observed.get(tap) ?? 0) as [number, number, number];
    // |x + f|^2 = |x|^2 + 2 x.f + |f|^2
    const product = x + (y - x - f) / 2;
    return x > 0 && y > 0 ? 1 - product / Math.sqrt(x * y) : 1;
  });
}

/** How many blocks have to go. */
async function countFor(
  model: Model,
  shapes: SampledShapes,
  blocks: readonly Block[],
  order: readonly number[],
  { target, data }: PruneOptions,
  context: Context,
): Promise<number> {
  const most = blocks.length - LEAST_LEFT;
  if (target.measure === 'sparsity') return Math.min(most, Math.round(target.share * blocks.length));
  let best = 1;
  for (let count = 1; count <= most; count++) {
    const ratio = await ratioWithout(
      model,
      shapes,
      order.slice(0, count),
      blocks,
      target.measure,
      data,
      context,
    );
    best = Math.min(best, ratio);
    if (ratio <= target.share) return count;
  }
  throw new LlmcError('USAGE', `${target.share} of the ${target.measure} cannot be reached`, {
    hint: `with all blocks but one gone ${best.toFixed(2)} is left`,
  });
}

async function ratioWithout(
  model: Model,
  known: SampledShapes,
  gone: readonly number[],
  blocks: readonly Block[],
  measure: 'macs' | 'params' | 'latency',
  data: string | undefined,
  context: Context,
): Promise<number> {
  const { model: copy, original } = typedClone(model);
  const shapes = shapesOfClone(known, original);
  const names = new Set(gone.map((at) => blocks[at]?.node.output()?.name));
  for (const block of findBlocks(copy, shapes)) if (names.has(block.node.output()?.name)) dropBlock(block);
  await runPasses(copy, [removeDead], context);
  if (measure === 'latency') return await latencyRatio(model, copy, data, context);
  const before = new CostModel(model, known).whole[measure];
  return new CostModel(copy, shapes).whole[measure] / (before || 1);
}

async function recover(
  original: Model,
  model: Model,
  options: PruneOptions,
  context: Context,
): Promise<string> {
  const engine = new RuntimeMatrixEngine(context.threads);
  try {
    const solved = await relearn(original, model, new Map(), options, engine, context);
    return `${solved} layers were solved anew for what the original computes there`;
  } finally {
    await engine.release();
  }
}
