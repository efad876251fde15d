/** How far quantization moved the means of values: a float and a quantized model run on the same data. */
import type { Model } from '../../ir/model.ts';
import type { Value } from '../../ir/value.ts';
import { allNodes } from '../../ir/walk.ts';
import { type ChannelMeans, channelMeanProbe } from '../../probe/channel-mean.ts';
import { observe } from '../../probe/observe.ts';
import type { Tap } from '../../probe/probe.ts';
import type { Context } from '../../step.ts';

/** A value by name and its axis of channels. */
export interface MeasuredValue {
  readonly name: string;
  readonly axis: number;
  readonly size: number;
}

/**
 * E[y'] - E[y] of each channel, by name (Nagel et al. 2019, appendix D: the empirical way). Layers in front move what
 * comes behind: correct and measure again from the input on. Values that one of the models lacks are left out. The
 * types of both models must be known.
 */
export async function measuredShifts(
  float: Model,
  quantized: Model,
  values: readonly MeasuredValue[],
  options: { readonly data: string; readonly samples: number },
  context: Context,
): Promise<ReadonlyMap<string, Float64Array>> {
  const [before, after] = [
    await meansOf(float, values, options, context),
    await meansOf(quantized, values, options, context),
  ];
  const shifts = new Map<string, Float64Array>();
  for (const [name, mean] of before) {
    const other = after.get(name);
    if (other)
      shifts.set(
        name,
        other.map((each, c) => each - (mean[c] as number)),
      );
  }
  return shifts;
}

async function meansOf(
  model: Model,
  wanted: readonly MeasuredValue[],
  options: { readonly data: string; readonly samples: number },
  context: Context,
): Promise<Map<string, Float64Array>> {
  const values = new Map<string, Value>();
  for (const node of allNodes(model, { functions: false }))
    for (const value of node.outputs) if (value) values.set(value.name, value);
  const taps = new Map<string, Tap<ChannelMeans>>();
  for (const { name, axis, size } of wanted) {
    const value = values.get(name);
    if (value?.dtype === 'float32') taps.set(name, { value, probe: channelMeanProbe(axis, size) });
  }
  const observed = await observe(model, [...taps.values()], options, context);
  const found = new Map<string, Float64Array>();
  for (const [name, tap] of taps) {
    const means = observed.get(tap);
    if (means && means.count > 0) found.set(name, means.mean);
  }
  return found;
}
