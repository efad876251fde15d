/** Masks: single weights become zero, in place; shapes stay. */
import { LlmcError } from '../../errors.ts';
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import { Tensor } from '../../ir/tensor.ts';
import { foldConstants } from '../../passes/fold-constants.ts';
import { liftConstants } from '../../passes/lift-constants.ts';
import { runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import { compileSelection } from '../../passes/selection.ts';
import { unlistConstants } from '../../passes/unlist-constants.ts';
import { RuntimeMatrixEngine } from '../../runtime/matrix-engine.ts';
import { inferTypes, warnUntyped } from '../../runtime/shapes.ts';
import type { Context } from '../../step.ts';
import type { PruneOptions } from '../options.ts';
import type { PruneOutcome } from '../outcome.ts';
import { type GroupView, histogramOf } from '../plan-view.ts';
import { reestimate } from '../recover/batch-norms.ts';
import { countsOf, type Worth } from './counts.ts';
import { type MaskForm, misfit, requireForm } from './form.ts';
import { GradualMasks, type GradualOptions, zeroShare } from './gradual.ts';
import { observeGrams, unobservable } from './input-gram.ts';
import { findMaskLayers, type MaskLayer, matrixOf } from './layer.ts';
import { type MaskedLayer, type MaskMethod, maskLayer } from './mask-layer.ts';
import { requireMaskOptions } from './request.ts';
import { worthOfMagnitudes } from './sensitivity.ts';

/** Layers judged at a time: later ones see what the masks of earlier ones do to what they read. */
const MOST_WAVES = 24;

interface Skip {
  readonly what: string;
  readonly bytes: number;
  readonly reason: string;
}

/**
 * @throws LlmcError USAGE for requests that nothing can meet, SELECTOR for a glob without effect, DATA and RUNTIME when the
 *   model cannot be observed
 */
export async function pruneMasks(
  model: Model,
  form: MaskForm,
  options: PruneOptions,
  dryRun: boolean,
  context: Context,
): Promise<PruneOutcome> {
  requireForm(form);
  const method = requireMaskOptions(options, form.pattern, dryRun);
  const select = compileSelection(model, options);
  const traces = await runPasses(
    model,
    [unlistConstants, liftConstants, removeDead, foldConstants, removeDead],
    context,
  );
  warnUntyped(model, await inferTypes(model), context);
  const { layers: found, others } = findMaskLayers(model, select);
  const skips: Skip[] = others.map(({ value, reason }) => ({
    what: value.name,
    bytes: value.tensor?.byteLength ?? 0,
    reason,
  }));
  const layers = found.filter(({ value, tensor, rows, extent }) => {
    const reason = misfit(form, rows.length, extent);
    if (reason !== null) skips.push({ what: value.name, bytes: tensor.byteLength, reason });
    return reason === null;
  });
  if (layers.length === 0 && !dryRun) throw nothingLeft(skips);
  const { gradual, target } = options;
  const worth = await worthFor(model, layers, form, options, context);
  const counts = countsOf(layers, form, target.share, options, worth);
  const masked =
    dryRun || gradual ? new Map() : await maskAll(model, layers, counts, form, method, options, context);
  const notes = [...notesOf(layers, counts, method, masked)];
  if (worth.size > 0) notes.push(shareNote(layers, counts));
  if (gradual) notes.push(`masks grew at ${gradual} moments of the training, to the cubic schedule`);
  if (!dryRun && options.recover === 'bn')
    notes.push(
      `statistics of ${await reestimate(model, options, context)} batch normalizations taken again on the data`,
    );
  return {
    changed: layers.flatMap(({ value, tensor }, index) => {
      const mask = masked.get(layers[index] as MaskLayer);
      return mask ? [{ what: value.name, detail: detailOf(tensor.size, counts[index] as number, mask) }] : [];
    }),
    skipped: skips.map(({ what, bytes, reason }) => ({ what, kind: 'weight', bytes, reason })),
    notes,
    traces,
    frozen: [],
    ...(gradual && !dryRun ? { later: growing(layers, gradual, form, { ...options, worth }) } : {}),
    groups: [
      ...layers.map((layer, index) => viewOf(layer, counts[index] as number)),
      ...skips.map(frozenView),
    ],
  };
}

/** Where layers cannot be measured alone, they are ranked as they are. */
async function worthFor(
  model: Model,
  layers: readonly MaskLayer[],
  { grain }: MaskForm,
  options: PruneOptions,
  context: Context,
): Promise<Worth> {
  if (options.scope !== 'sensitivity') return new Map();
  try {
    return await worthOfMagnitudes(model, layers, options.target.share, grain, options, context);
  } catch (error) {
    if (!(error instanceof LlmcError) || error.code !== 'RUNTIME') throw error;
    context.warn(
      `layers cannot be measured one by one (${error.message}): they are ranked over the whole model`,
    );
    return new Map();
  }
}

function growing(
  layers: readonly MaskLayer[],
  moments: number,
  form: MaskForm,
  options: GradualOptions,
): NonNullable<PruneOutcome['later']> {
  const revision = new GradualMasks(layers, moments, form, options);
  return {
    revision,
    changed: ({ graph }) =>
      [...graph.initializers].flatMap(({ name, tensor }) =>
        tensor && revision.masked.has(name)
          ? [{ what: name, detail: `${percent(zeroShare([tensor]))} zeros by magnitude` }]
          : [],
      ),
  };
}

function nothingLeft(skips: readonly Skip[]): LlmcError {
  const reasons = [...new Set(skips.map(({ what, reason }) => `  ${what}: ${reason}`))].slice(0, 5);
  return new LlmcError(
    'USAGE',
    reasons.length > 0 ? `no weights can be masked:\n${reasons.join('\n')}` : 'there are no weights to mask',
    { hint: 'llmc prune --structure unstructured --dry-run shows what there is' },
  );
}

async function maskAll(
  model: Model,
  layers: readonly MaskLayer[],
  counts: readonly number[],
  { pattern, grain }: MaskForm,
  method: MaskMethod,
  options: PruneOptions,
  context: Context,
): Promise<Map<MaskLayer, MaskedLayer>> {
  const masked = new Map<MaskLayer, MaskedLayer>();
  const engine = new RuntimeMatrixEngine(context.threads);
  const waves = options.data === undefined ? 1 : Math.min(MOST_WAVES, layers.length);
  try {
    for (let wave = 0; wave < waves; wave++) {
      const own = layers.slice(
        Math.floor((wave * layers.length) / waves),
        Math.floor(((wave + 1) * layers.length) / waves),
      );
      const seen =
        options.data === undefined ? [] : own.filter((layer) => unobservable(model, layer) === null);
      const label = `looking at layers, ${wave + 1} of ${waves}`;
      const grams =
        seen.length > 0 ? await observeGrams(model, seen, { ...options, label }, context) : new Map();
      for (const layer of own) {
        const mask = await maskLayer(
          {
            method,
            matrix: matrixOf(layer, floatsOf(layer.tensor)),
            columns: layer.columns.length,
            goes: pattern ?? (counts[layers.indexOf(layer)] as number),
            grain,
            gram: grams.get(layer) ?? null,
          },
          engine,
        );
        apply(layer, mask);
        masked.set(layer, mask);
      }
    }
  } finally {
    await engine.release();
  }
  return masked;
}

/** What is kept stays to the bit, unless the method has new values for it. */
function apply({ value, tensor, rows, columns }: MaskLayer, { drop, weights }: MaskedLayer): void {
  const array = tensor.array().slice();
  let at = 0;
  for (const row of rows)
    for (const column of columns) {
      // Only float32 layers are observed, and only observed ones get new values.
      if (drop[at] === 1) array[row + column] = 0;
      else if (weights) array[row + column] = weights[at] as number;
      at++;
    }
  value.tensor = Tensor.of(tensor.dtype, tensor.dims, array);
}

function detailOf(size: number, count: number, { method, error, magnitudeError }: MaskedLayer): string {
  const zeros = `${percent(count / size)} zeros by ${method}`;
  if (error === null || magnitudeError === null) return zeros;
  const than = method === 'magnitude' ? '' : `, ${percent(magnitudeError)} by magnitude`;
  return `${zeros}, error ${percent(error)} of the energy of its results${than}`;
}

function notesOf(
  layers: readonly MaskLayer[],
  counts: readonly number[],
  method: MaskMethod,
  masked: ReadonlyMap<MaskLayer, MaskedLayer>,
): string[] {
  const total = layers.reduce((sum, { tensor }) => sum + tensor.size, 0);
  const gone = counts.reduce((sum, count) => sum + count, 0);
  const notes = [
    `${percent(gone / (total || 1))} of the ${total} weights of ${layers.length} layers are zero`,
    'zeros make the file compress better, as a download does; runtimes for dense models, such as onnxruntime, get no faster by them',
  ];
  const fallen = [...masked.values()].filter((mask) => mask.method !== method);
  const unseen = fallen.filter(({ error }) => error === null).length;
  if (unseen > 0) notes.push(`${unseen} layers could not be observed and were masked by magnitude`);
  if (fallen.length > unseen)
    notes.push(`${fallen.length - unseen} layers were masked by magnitude, which loses less there`);
  return notes;
}

/** `between 12 % (head.weight) and 78 % (conv4.weight) of each layer, by what its zeros alone do to the outputs`. */
function shareNote(layers: readonly MaskLayer[], counts: readonly number[]): string {
  const shares = layers.map(({ tensor }, at) => (counts[at] as number) / (tensor.size || 1));
  const named = (share: number): string =>
    `${percent(share)} (${layers[shares.indexOf(share)]?.value.name ?? ''})`;
  return `between ${named(Math.min(...shares))} and ${named(Math.max(...shares))} of each layer, by what its zeros alone do to the outputs`;
}

function viewOf({ value, tensor, axis }: MaskLayer, count: number): GroupView {
  return {
    id: value.name,
    kind: 'weights',
    size: tensor.size,
    left: tensor.size - count,
    members: [{ tensor: value.name, axis, parameter: true }],
    ...histogramOf(Float64Array.from(floatsOf(tensor), Math.abs)),
    frozen: null,
  };
}

function frozenView({ what, reason }: Skip): GroupView {
  return {
    id: what,
    kind: 'weights',
    size: 0,
    left: 0,
    members: [{ tensor: what, axis: 0, parameter: true }],
    histogram: null,
    least: null,
    largest: null,
    frozen: reason,
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
