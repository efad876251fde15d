/** int8: integer kernels with ranges of activations found on data beforehand (static quantization). */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';
import { isRelation } from '../../ops/spec.ts';
import { specOf } from '../../ops/table.ts';
import type { Context } from '../../step.ts';
import { calibrate } from '../calibrate/calibrate.ts';
import { fewRowsNote } from '../calibrate/few-rows.ts';
import { DequantizedWeights } from '../dequantized-weight.ts';
import { quantizeAttention } from '../dynamic/attention.ts';
import { quantizeEmbedLayerNorm } from '../dynamic/embed-layer-norm.ts';
import { quantizeGather } from '../dynamic/gather.ts';
import { DynamicQuantizer } from '../dynamic/quantizer.ts';
import { quantizeLstm } from '../dynamic/recurrent.ts';
import { storeWeightsOnly } from '../dynamic/weights-only.ts';
import { dropUnused } from '../emit.ts';
import type { Outcome } from '../outcome.ts';
import { FloatMeans, refusalOf } from '../static/bias/correct.ts';
import { biasedLayers } from '../static/bias/layers.ts';
import { Emission } from '../static/emit.ts';
import { unevenLayers, weighedData } from '../static/loudness.ts';
import { groupParams, knownRanges, parameterGroups, quantizedValues } from '../static/parameters.ts';
import { ortOpset, quantizeLikeOrt } from '../static/parity/quantize.ts';
import { type PlannedNode, planStatic, type StaticPlan } from '../static/plan.ts';
import { toQOperators } from '../static/qoperator.ts';
import { type Measured, planReached, type ReachedPlan } from '../static/reached.ts';
import { readsIntegers } from '../static/reads.ts';
import { mostSensitive } from '../static/sensitive.ts';
import { StoredLayers } from '../static/stored.ts';
import { retieTables, shareTables, untieTables } from '../static/tied-tables.ts';
import { StaticWeights } from '../static/weights.ts';
import { applyTransforms, transformOptions } from '../transforms/run.ts';
import type { Scheme, SchemeOptions } from './scheme.ts';

/** Operators whose integer kernel finds ranges by itself, or needs none. */
const OTHERS: Readonly<Record<string, (q: DynamicQuantizer, node: Node) => string | null>> = {
  Gather: quantizeGather,
  LSTM: quantizeLstm,
  'com.microsoft.Attention': quantizeAttention,
  'com.microsoft.EmbedLayerNormalization': quantizeEmbedLayerNorm,
};

export const int8: Scheme = {
  name: 'int8',
  summary: 'int8 weights and integer kernels with ranges of activations found on data (--data)',
  // Scales per channel exist from opset 13 on, codes of 16 bits from 21 on.
  opset: (options, present) => {
    const wide = options.activationType?.endsWith('16') === true;
    if (options.parity) return ortOpset(wide, present);
    return wide ? { wanted: 21, least: 21 } : { wanted: 13, least: 13 };
  },
  async apply(model, options, outcome, context) {
    if (options.parity) return quantizeLikeOrt(model, options, outcome, context);
    if (options.data === undefined)
      throw new LlmcError('USAGE', 'int8 needs data to find the ranges of activations on', {
        hint: 'give some typical inputs with --data, e.g. calibration.npz; without data: --scheme int8-dynamic',
      });
    const { select, static: own } = options;
    const ties = untieTables(model, select);
    const bits = own.activation.type.endsWith('16') ? 16 : 8;
    // What is measured afterwards includes what can be foreseen.
    const transforms = own.transforms.filter((name) => !own.correctBiases || name !== 'bias-correction');
    await applyTransforms(model, transforms, transformOptions(options, bits), outcome, context);
    const planWith = (kept: ReadonlyMap<Node, string>) => (keep: ReadonlyMap<Node, string>) =>
      planStatic(model, {
        select,
        keep: new Map([...keep, ...kept]),
        mayAbsorb: !own.activation.symmetric,
        anywhere: own.anywhere,
      });
    const all = await planReached(planWith(new Map()), (plan) =>
      measure(model, plan, options, outcome, context),
    );
    const kept =
      own.kept !== null
        ? await mostSensitive(model, all, own.kept, options, outcome, context)
        : new Map<Node, string>();
    // What stays float changes which values are quantized around it, not their ranges.
    const planned =
      kept.size > 0
        ? await planReached(planWith(kept), (plan) => measure(model, plan, options, outcome, context))
        : all;
    const means = await floatMeans(model, planned.plan, options, context);
    const { retired, weights } = writePlan(planned, options);
    const stored = new StoredLayers(model, options, outcome);
    // What onnxruntime folds while loading is as fast as floats. Where nobody goes, it would only take memory.
    stored.add(without(planned.floats, kept), own.anywhere ? 'dequantize' : 'cast');
    stored.add(without(planned.unreached, kept), 'dequantize');
    account(planned.plan, stored.nodes, outcome);
    const q = new DynamicQuantizer(model, options, outcome);
    const untied = retieTables(ties, weights, q);
    shareTables(model, weights, q);
    const rest = quantizeRest(q, outcome);
    dropUnused([...retired, ...stored.retired, ...untied, ...rest]);
    if (means) await correctBiases(model, means, outcome, context);
    if (options.format === 'qoperator') {
      const replaced = toQOperators(model);
      outcome.note(`${replaced.size} nodes became operators on integers`);
    }
  },
};

/** What biases are corrected by; null where they are left alone. */
async function floatMeans(
  model: Model,
  plan: StaticPlan,
  { data, static: own }: SchemeOptions,
  context: Context,
): Promise<FloatMeans | null> {
  if (!own.correctBiases || data === undefined) return null;
  return FloatMeans.of(model, biasedLayers(model, plan), { data, samples: own.samples }, context);
}

async function correctBiases(
  model: Model,
  means: FloatMeans,
  outcome: Outcome,
  context: Context,
): Promise<void> {
  try {
    const changed = await means.correct(model, context);
    if (changed > 0)
      outcome.note(`biases of ${changed} layers take back what quantization moved their means by`);
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === null) throw error;
    context.warn(`biases are not corrected: ${reason}`);
  }
}

function without(
  layers: ReadonlyMap<Node, string>,
  others: ReadonlyMap<Node, string>,
): ReadonlyMap<Node, string> {
  return new Map([...layers].filter(([node]) => !others.has(node)));
}

/** Ranges of what a plan quantizes, where they depend on data, and layers that the data speaks against. */
async function measure(
  model: Model,
  plan: StaticPlan,
  options: SchemeOptions,
  outcome: Outcome,
  context: Context,
): Promise<Measured> {
  const { static: own } = options;
  const known = knownRanges(plan);
  const values = [...quantizedValues(plan)].filter((value) => !known.has(value));
  const { ranges, rows } = await calibrate(
    model,
    {
      values,
      // 16 bits are enough for quiet rows, too.
      rowsOf: own.activation.type.endsWith('16') ? new Set() : weighedData(plan),
      reads: readsIntegers(plan),
      method: own.calibration,
      spec: own.activation,
      data: options.data ?? '',
      samples: own.samples,
      percentile: own.percentile,
      table: own.table,
    },
    context,
  );
  const few = fewRowsNote(rows, own.samples);
  // Plans may be measured more than once.
  if (few && !outcome.notes.includes(few)) outcome.note(few);
  const found = values.flatMap((value) => {
    const range = ranges.get(value.name);
    return range ? [[value, range] as const] : [];
  });
  const floats = unevenLayers(plan, (value) => ranges.get(value.name)?.spread);
  return { ranges: new Map(found), floats };
}

/** Writes a plan into the model; `retired` are the constants it replaced. */
function writePlan(
  { plan, ranges }: ReachedPlan,
  options: SchemeOptions,
): { readonly retired: Iterable<Value>; readonly weights: StaticWeights } {
  const { activation } = options.static;
  const groups = parameterGroups(plan, ranges, concatenates);
  const weights = new StaticWeights({
    type: options.weightType,
    reduceRange: options.reduceRange,
    boundPairs: options.boundPairs,
    perChannel: options.perChannel,
    floatBias: activation.type.endsWith('16'),
  });
  const params = groups.map((group) => [group, groupParams(group, ranges, activation)] as const);
  const emission = new Emission(plan, activation.type, params);
  emission.run(weights);
  return { retired: [...emission.retired, ...weights.retired], weights };
}

/** True for operators whose inputs are segments of their output. */
function concatenates({ node }: PlannedNode): boolean {
  const axes = specOf(node)?.axes;
  return isRelation(axes) && axes.relation === 'segments' && node.inputs.length > 1;
}

function account(plan: StaticPlan, stored: ReadonlySet<Node>, outcome: Outcome): void {
  for (const { node, role, quantizedResult } of plan.nodes.values()) {
    const how = role.shares ? 'moves integers' : 'runs on integers';
    outcome.change(node.label, `${node.op} ${how}${quantizedResult ? '' : ', its result is float'}`);
  }
  for (const node of plan.absorbed) outcome.change(node.label, 'done by the quantizer in front of it');
  for (const [node, reason] of plan.refused) {
    if (stored.has(node)) continue;
    const bytes = node.inputs.reduce((sum, value) => sum + (value?.tensor?.byteLength ?? 0), 0);
    if (bytes > 0) outcome.skip(node.label, reason, bytes, 'node');
  }
}

/** Look-ups and recurrent networks, which need no ranges. */
function quantizeRest(q: DynamicQuantizer, outcome: Outcome): Iterable<Value> {
  const { model, options } = q;
  const weightOnly = new DequantizedWeights(model);
  for (const node of [...allNodes(model, { functions: false })]) {
    const rule = OTHERS[node.opType];
    if (!rule) {
      storeWeightsOnly(node, { weightOnly, opset: model.opset }, options, outcome);
      continue;
    }
    const { label } = node;
    const reason = options.select(node) ?? rule(q, node);
    if (reason === null) outcome.change(label, `${node.op} has integer weights`);
    else if (reason !== '') outcome.skip(label, reason, 0, 'node');
  }
  for (const work of q.deferred) work();
  return [...q.retired, ...weightOnly.retired];
}
