/** bias-correction: takes the shift of the mean that rounding a weight causes out of the bias of its layer. */
import { LlmcError } from '../../errors.ts';
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import { channelLayout } from '../../numeric/range.ts';
import { channelAxis } from '../../ops/contraction.ts';
import { addToBias } from '../../passes/add-to-bias.ts';
import { Constants, unlistConstants } from '../../passes/constants.ts';
import { type ChannelMeans, channelMeanProbe } from '../../probe/channel-mean.ts';
import { observe } from '../../probe/observe.ts';
import type { Tap } from '../../probe/probe.ts';
import { staticShapes } from '../../probe/static-shapes.ts';
import type { Context } from '../../step.ts';
import { type Contraction, contractionsOf } from './contractions.ts';
import { expectedShift, type ShiftedWeight } from './expected-shift.ts';
import type { ChannelMoments } from './gaussian.ts';
import { expectedMean } from './moments.ts';
import { noteReasons } from './reasons.ts';
import { roundedWeight } from './rounded-weight.ts';
import { AxisFlow } from './scaling/axis-flow.ts';
import { elementsOf } from './scaling/channel-map.ts';
import { hasRim, shiftProbe } from './shift-probe.ts';
import type { Transform, TransformOptions } from './transform.ts';

export interface CorrectedBias {
  readonly contraction: Contraction;
  /** [output channels] what was taken out of the bias. */
  readonly shift: Float64Array;
}

export interface BiasCorrection {
  readonly corrected: readonly CorrectedBias[];
  readonly left: readonly { readonly contraction: Contraction; readonly reason: string }[];
}

export const biasCorrection: Transform = {
  name: 'bias-correction',
  summary: 'take the shift that rounding a weight causes out of the bias of its layer',
  needsData: false,
  forActivations: false,
  async apply(model, options, outcome, context) {
    const { corrected, left } = await correctBiases(model, options, context);
    for (const { contraction, shift } of corrected)
      outcome.prepare(
        contraction.node.label,
        `bias-correction: channels moved by up to ${shift.reduce((most, each) => Math.max(most, Math.abs(each)), 0).toPrecision(2)}`,
      );
    noteReasons('bias-correction', left, outcome);
  },
};

/**
 * Corrects the bias of every layer for the rounding of its weight, in place: the float model moves by what quantizing
 * its weights will take back. To be done after transforms that change weights. Means of inputs come from the data, or
 * else from `options.moments` (Nagel et al. 2019, section 4.2).
 * @throws LlmcError USAGE with neither
 */
export async function correctBiases(
  model: Model,
  options: TransformOptions,
  context: Context,
): Promise<BiasCorrection> {
  const { data, moments } = options;
  if (data === undefined && !moments?.size)
    throw new LlmcError('USAGE', 'bias-correction needs data, or a model with BatchNormalization', {
      hint: 'give some typical inputs with --data, e.g. calibration.npz',
    });
  unlistConstants(model);
  const flow = new AxisFlow(await staticShapes(model, context));
  const contractions = contractionsOf(model, flow, new Constants(model), options.select);
  const weights = new Map(contractions.map((each) => [each, shiftedWeight(each, options)]));
  const shifts =
    data === undefined
      ? expectedShifts(weights, moments ?? new Map())
      : await observedShifts(model, weights, options, context);
  const corrected: CorrectedBias[] = [];
  const left: { contraction: Contraction; reason: string }[] = [];
  for (const [contraction, rounded] of weights) {
    context.signal.throwIfAborted();
    const { node, weight, data: input } = contraction;
    const found = shifts.get(contraction);
    if (!found || typeof rounded === 'string') {
      left.push({
        contraction,
        reason: typeof rounded === 'string' ? rounded : 'the mean of its input is unknown',
      });
      continue;
    }
    const shift = found.map((each) => each * node.float('alpha', 1));
    const refusal = addToBias(
      node,
      weight,
      input,
      shift.map((each) => -each),
    );
    if (refusal) left.push({ contraction, reason: refusal });
    else corrected.push({ contraction, shift });
  }
  return { corrected, left };
}

type Weights = ReadonlyMap<Contraction, ShiftedWeight | string>;

/** By what the model tells of its values. */
function expectedShifts(
  weights: Weights,
  moments: ReadonlyMap<string, ChannelMoments>,
): Map<Contraction, Float64Array> {
  const found = new Map<Contraction, Float64Array>();
  for (const [contraction, weight] of weights) {
    const mean = expectedMean(contraction.value, moments);
    if (typeof weight !== 'string' && mean?.length === contraction.size)
      found.set(contraction, expectedShift(weight, mean));
  }
  return found;
}

/** By the data: from the means of a layer's inputs where they say it all, else from the error's own results. */
async function observedShifts(
  model: Model,
  weights: Weights,
  { data, samples }: TransformOptions,
  context: Context,
): Promise<Map<Contraction, Float64Array>> {
  const taps: [Contraction, ShiftedWeight, Tap<ChannelMeans>, boolean][] = [];
  for (const [contraction, weight] of weights) {
    if (typeof weight === 'string') continue;
    const { node, value, axis, size } = contraction;
    const rim = hasRim(node, contraction.weight);
    const probe = rim
      ? shiftProbe(node, contraction.weight, errorOf(weight), weight.channels)
      : channelMeanProbe(axis, size);
    taps.push([contraction, weight, { value, probe }, rim]);
  }
  const found = new Map<Contraction, Float64Array>();
  if (taps.length === 0) return found;
  const observed = await observe(
    model,
    taps.map(([, , tap]) => tap),
    { data, samples },
    context,
  );
  for (const [contraction, weight, tap, rim] of taps) {
    const { mean, count } = observed.get(tap) ?? { mean: new Float64Array(), count: 0 };
    if (count > 0) found.set(contraction, rim ? mean : expectedShift(weight, mean));
  }
  return found;
}

function errorOf({ weight, quantized }: ShiftedWeight): Float32Array {
  return quantized.map((value, i) => value - (weight[i] as number));
}

/** The weight beside its codes; the reason as text where it has no output channels. */
function shiftedWeight(
  { node, weight, map }: Contraction,
  { weightBits, weightScales, perChannel }: TransformOptions,
): ShiftedWeight | string {
  const tensor = node.constant(weight);
  const axis = channelAxis(node, weight);
  if (!tensor || axis === null) return 'its weight has no output channels';
  const layout = channelLayout(tensor.dims, axis);
  const values = floatsOf(tensor);
  return {
    weight: values,
    quantized: roundedWeight(
      values,
      perChannel ? layout : { outer: 1, channels: 1, inner: values.length },
      weightBits,
      perChannel ? weightScales?.(node, weight, axis) : undefined,
    ),
    inputs: elementsOf(map, tensor.dims),
    outputs: Int32Array.from(values, (_, i) => Math.floor(i / layout.inner) % layout.channels),
    channels: layout.channels,
  };
}
