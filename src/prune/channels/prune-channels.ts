/** Structured pruning of a model in memory: find groups, rank channels, cut, recover. */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import { cloneModel } from '../../onnx/read.ts';
import { runPasses } from '../../passes/pass.ts';
import { compileSelection } from '../../passes/selection.ts';
import { pipelines } from '../../passes/table.ts';
import type { SampledShapes } from '../../probe/sampled-shapes.ts';
import { RuntimeMatrixEngine } from '../../runtime/matrix-engine.ts';
import type { Context } from '../../step.ts';
import { findGroups } from '../coupling/coupling.ts';
import { type FrozenWeight, frozenWeights } from '../coupling/frozen-weights.ts';
import type { PruneGroup } from '../coupling/group.ts';
import { type Kind, kindOf } from '../coupling/kind.ts';
import { cutChannels } from '../cut/cut.ts';
import type { Evidence, Importance } from '../importance/importance.ts';
import { observeSlopes } from '../importance/observe-slopes.ts';
import { importances } from '../importance/table.ts';
import type { PruneOptions } from '../options.ts';
import type { PruneOutcome } from '../outcome.ts';
import { type GroupView, histogramOf } from '../plan-view.ts';
import { reestimate } from '../recover/batch-norms.ts';
import { type ChannelProducts, observeChannels } from '../recover/channel-products.ts';
import { reconstruct } from '../recover/reconstruct.ts';
import { relearn } from '../recover/relearn.ts';
import { meanOf, meet, Ranking, type Scored, savingOf } from './allocate.ts';
import { CostModel, type Gone } from './cost.ts';
import { measuredShare } from './latency.ts';
import { prepareCutting } from './prepare.ts';

/**
 * onnxruntime's convolutions work on blocks of 8 channels (16 with AVX-512); with other numbers they fall back to kernels
 * that take longer for less work: 1.5x the time at half the work was measured (docs/decisions/0045).
 */
const SUITABLE = 8;

/**
 * Cuts channels of the given kinds, in place.
 * @param dryRun finds and ranks, and cuts nothing
 * @throws LlmcError USAGE for requests that nothing can meet, SELECTOR for a glob without effect, DATA and RUNTIME when the
 *   model cannot be observed
 */
export async function pruneChannels(
  model: Model,
  kinds: readonly Kind[],
  options: PruneOptions,
  dryRun: boolean,
  context: Context,
): Promise<PruneOutcome> {
  const importance = importanceFor(options);
  const select = compileSelection(model, options);
  const { shapes, passes } = await prepareCutting(model, context);
  const groups = findGroups(model, shapes);
  const reasonOf = (group: PruneGroup): string | null => {
    if (group.frozen !== null) return group.frozen;
    if (!kinds.includes(kindOf(group))) return `of another kind: ${kindOf(group)}`;
    if (group.size < 2) return 'all of it can only be cut together';
    const reasons = group.crossed.flatMap(({ strand: { node } }) => (node ? (select(node) ?? []) : []));
    // One excluded node keeps the group; a node outside of --include does not, where another one is included.
    const excluded = reasons.find((reason) => reason.includes('--exclude'));
    const included = group.crossed.some(({ strand: { node } }) => node && select(node) === null);
    return excluded ?? (included ? null : (reasons[0] ?? null));
  };
  const free = groups.filter((group) => reasonOf(group) === null);
  const frozen = frozenWeights(model, shapes, groups);
  if (free.length === 0 && !dryRun) throw nothingLeft(groups.map(reasonOf), frozen, kinds);
  const products = options.data === undefined ? null : await observeChannels(model, free, options, context);
  const costs = new CostModel(model, shapes);
  const slopes = importance.needsSlopes ? await observeSlopes(model, free, options, context) : null;
  const scored = scoresOf(free, importance, options, costs, { products, slopes, seed: context.seed });
  if (scored.length === 0 && free.length > 0) throw unjudged(importance);
  const roundTo = options.roundTo ?? (kinds.includes('channels') || kinds.includes('width') ? SUITABLE : 1);
  const ranking = new Ranking(scored, {
    scope: options.scope === 'sensitivity' ? 'global' : options.scope,
    maxPerGroup: options.maxPerLayer,
    roundTo,
  });
  const gone = free.length === 0 ? new Map() : await choose(ranking, costs, model, shapes, options, context);
  const views = groups.map((group) => viewOf(group, reasonOf(group), scored, gone));
  const notes = notesOf(importance, costs, gone, free.length - scored.length);
  if (dryRun) return { changed: [], skipped: [], notes, traces: passes, groups: views, frozen };
  const original = cloneModel(model);
  const recovered = await recover(gone, products, options, context);
  // Layers may have got a bias, which has to be cut with them.
  const again = new Map(findGroups(model, shapes).map((group) => [group.id, group]));
  cutChannels(
    [...gone].map(([group, drop]) => ({
      group: again.get(group.id) ?? group,
      channels: [...drop.keys()].filter((channel) => drop[channel] === 1),
    })),
    (value, axis) => shapes.isFixed(value, axis),
  );
  if (options.recover === 'reconstruct' && gone.size > 0)
    recovered.push(...(await relearnLayers(original, model, gone, options, context)));
  if (options.recover === 'bn')
    recovered.push(
      `statistics of ${await reestimate(model, options, context)} batch normalizations taken again on the data`,
    );
  const finished = await runPasses(model, pipelines.finish, context);
  const shortfall = shortfallOf(scored, gone, options, roundTo);
  return {
    ...(shortfall === null ? {} : { shortfall }),
    changed: views.flatMap(({ id, kind, size, left }) =>
      left < size ? [{ what: id, detail: `${kind} ${size} -> ${left}` }] : [],
    ),
    skipped: [
      ...views.flatMap(({ id, frozen: reason }) =>
        reason === null ? [] : [{ what: id, kind: 'group' as const, bytes: 0, reason }],
      ),
      ...frozen.map(({ tensor, bytes, reason }) => ({
        what: tensor,
        kind: 'tensor' as const,
        bytes,
        reason,
      })),
    ],
    notes: [...notes, ...recovered],
    traces: [...passes, ...finished],
    groups: views,
    frozen,
  };
}

function importanceFor({ importance: name, data }: PruneOptions): Importance {
  const wanted = name ?? (data === undefined ? 'group' : 'surgeon');
  const found = importances.find((each) => each.name === wanted);
  if (!found)
    throw new LlmcError('USAGE', `there is no importance '${wanted}'`, {
      hint: `choices: ${importances.map((each) => each.name).join(', ')}`,
    });
  if (found.needsData && data === undefined)
    throw new LlmcError('USAGE', `--importance ${wanted} judges channels on data`, {
      hint: 'give some rows with --data, or use --importance group',
    });
  return found;
}

function nothingLeft(
  ofGroups: readonly (string | null)[],
  frozen: readonly FrozenWeight[],
  kinds: readonly Kind[],
): LlmcError {
  const all = new Set([...ofGroups, ...frozen.map(({ reason }) => reason)]);
  const reasons = [...all].slice(0, 5).map((reason) => `  ${reason}`);
  const why = reasons.length > 0 ? `:\n${reasons.join('\n')}` : ': no weights have axes that could be cut';
  return new LlmcError('USAGE', `there are no ${kinds.join(' or ')} to cut in this model${why}`, {
    hint: 'llmc prune --dry-run shows all groups; masks (--structure unstructured) need no groups',
  });
}

function unjudged({ name, summary }: Importance): LlmcError {
  return new LlmcError('USAGE', `--importance ${name} can judge no group of this model`, {
    hint: `it goes by ${summary}; --importance group suits every model`,
  });
}

/** Less than this part of what was asked for is worth a word. */
const ENOUGH = 0.75;

/** Why much fewer channels went than were asked for; null where they went. */
function shortfallOf(
  scored: readonly Scored[],
  gone: Gone,
  { target, maxPerLayer }: PruneOptions,
  roundTo: number,
): string | null {
  if (target.measure !== 'sparsity') return null;
  const total = scored.reduce((sum, { group }) => sum + group.size, 0);
  const went = [...gone.values()].reduce((sum, drop) => sum + drop.reduce((all, one) => all + one, 0), 0);
  if (went >= ENOUGH * target.share * total) return null;
  const reasons = [
    ...(maxPerLayer < target.share
      ? [`no group loses more than ${percent(maxPerLayer)} (--max-per-layer)`]
      : []),
    ...(roundTo > 1 ? [`what is left of a group is a multiple of ${roundTo} (--round-to)`] : []),
    ...(target.share * total < 1 ? ['that is less than one'] : []),
  ];
  const what = went === 0 ? 'nothing was cut' : `only ${percent(went / total)} of the channels went`;
  return `${what}, not ${percent(target.share)}${reasons.length > 0 ? `: ${reasons.join(', and ')}` : ''}`;
}

function scoresOf(
  groups: readonly PruneGroup[],
  importance: Importance,
  options: PruneOptions,
  costs: CostModel,
  evidence: Evidence,
): Scored[] {
  const measure = options.target.measure === 'params' ? 'params' : 'macs';
  return groups.flatMap((group) => {
    const scores = importance.score(group, evidence);
    if (!scores) return [];
    // What a channel saves stands against what it costs; where all channels count alike only the cost does.
    const saving = options.target.measure === 'sparsity' ? 1 : savingOf(group, costs, measure);
    return [{ group, scores, unit: importance.absolute ? saving : meanOf(scores) }];
  });
}

async function choose(
  ranking: Ranking,
  costs: CostModel,
  model: Model,
  shapes: SampledShapes,
  { target, data }: PruneOptions,
  context: Context,
): Promise<Gone> {
  if (target.measure === 'sparsity') return ranking.take(target.share);
  if (target.measure === 'latency')
    return ranking.take(await measuredShare(ranking, model, shapes, target.share, data, context));
  const gone = meet(ranking, costs, target.measure, target.share);
  if (gone) return gone;
  const least = costs.of(ranking.take(1))[target.measure] / costs.whole[target.measure];
  throw new LlmcError('USAGE', `${percent(target.share)} of the ${target.measure} cannot be reached`, {
    hint: `cutting all that may be cut leaves ${percent(least)}; raise --max-per-layer, or take more kinds of groups`,
  });
}

async function recover(
  gone: Gone,
  products: ChannelProducts | null,
  options: PruneOptions,
  context: Context,
): Promise<string[]> {
  if (options.recover !== 'reconstruct' || !products || gone.size === 0) return [];
  const engine = new RuntimeMatrixEngine(context.threads);
  try {
    const done = await reconstruct(gone, products, engine);
    if (done.length === 0) return [];
    const mean = done.reduce((sum, { unexplained }) => sum + unexplained, 0) / done.length;
    return [
      `${done.length} layers read what is left in place of what is gone, which gives ${percent(1 - mean)} of its energy on average`,
    ];
  } finally {
    await engine.release();
  }
}

async function relearnLayers(
  original: Model,
  model: Model,
  gone: Gone,
  options: PruneOptions,
  context: Context,
): Promise<string[]> {
  const drops = new Map<string, Map<number, Uint8Array>>();
  for (const [group, drop] of gone)
    for (const { site, axis, channels } of group.members) {
      const axes = drops.get(site.value.name) ?? new Map<number, Uint8Array>();
      drops.set(site.value.name, axes);
      const table = axes.get(axis) ?? new Uint8Array(channels.length);
      axes.set(axis, table);
      for (const [position, channel] of channels.entries())
        if (channel >= 0 && drop[channel] === 1) table[position] = 1;
    }
  const engine = new RuntimeMatrixEngine(context.threads);
  try {
    const solved = await relearn(original, model, drops, options, engine, context);
    return [`${solved} layers were solved anew for what the original computes there`];
  } finally {
    await engine.release();
  }
}

function notesOf(importance: Importance, costs: CostModel, gone: Gone, unscored: number): string[] {
  const left = costs.of(gone);
  const notes = [
    `importance: ${importance.name} (${importance.summary})`,
    `left: ${percent(left.macs / (costs.whole.macs || 1))} of the multiply-accumulates, ${percent(left.params / (costs.whole.params || 1))} of the parameters`,
  ];
  if (unscored > 0) notes.push(`${unscored} groups have nothing ${importance.name} could judge them by`);
  return notes;
}

function viewOf(group: PruneGroup, frozen: string | null, scored: readonly Scored[], gone: Gone): GroupView {
  const scores = scored.find((each) => each.group === group)?.scores;
  const drop = gone.get(group);
  return {
    id: group.id,
    kind: kindOf(group),
    size: group.size,
    left: group.size - (drop?.reduce((sum, each) => sum + each, 0) ?? 0),
    members: group.members.map(({ site, axis }) => ({
      tensor: site.value.name,
      axis,
      parameter: site.value.tensor !== null,
    })),
    ...(scores ? histogramOf(scores) : { histogram: null, least: null, largest: null }),
    frozen,
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
