/** `--parity ort`: static quantization with the placement, names and numbers of onnxruntime.quantization.quantize_static. */
import { LlmcError } from '../../../errors.ts';
import { floatsOf } from '../../../ir/floats.ts';
import type { Model } from '../../../ir/model.ts';
import type { Node } from '../../../ir/node.ts';
import type { Value } from '../../../ir/value.ts';
import { scaleZeroPoint } from '../../../numeric/affine.ts';
import { rangeOf } from '../../../numeric/range.ts';
import { tensorOf } from '../../../passes/constant-node.ts';
import type { Context } from '../../../step.ts';
import { calibrate } from '../../calibrate/calibrate.ts';
import type { Outcome } from '../../outcome.ts';
import type { OpsetNeed, SchemeOptions } from '../../schemes/scheme.ts';
import type { ValueRange } from '../parameters.ts';
import { percentileRanges } from './percentile.ts';
import { quantizeToQdq } from './qdq.ts';
import { quantizeToQOperators } from './qoperator/quantize.ts';
import { adjustRanges, calibratedValues } from './ranges.ts';
import { RULES } from './rules.ts';
import { paritySpec } from './spec.ts';

/** Edits the model in place. Its tools know the main graph only: bodies of control flow stay float. */
export async function quantizeLikeOrt(
  model: Model,
  options: SchemeOptions,
  outcome: Outcome,
  context: Context,
): Promise<void> {
  const { graph } = model;
  const spec = paritySpec(options);
  const isSelected = (node: Node): boolean => RULES[node.op] !== undefined && options.select(node) === null;
  const calibrated = calibratedValues(graph);
  const ranges = await rangesOf(model, calibrated, options, context);
  adjustRanges(graph, ranges, isSelected);
  const activations = new Map(
    [...ranges].map(([value, { min, max }]) => [
      value,
      scaleZeroPoint(Math.fround(min), Math.fround(max), spec.activation),
    ]),
  );
  const names =
    options.format === 'qoperator'
      ? quantizeToQOperators(graph, { spec, opset: model.opset, activations }, isSelected)
      : quantizeToQdq(model, spec, activations, isSelected);
  for (const name of names) outcome.change(name, 'quantized as onnxruntime does');
  for (const value of [...graph.initializers])
    if (value.useCount === 0 && !value.isGraphOutput) graph.removeInitializer(value);
  if (graph.nodes.some(({ domain }) => domain === 'com.microsoft'))
    model.opsets.set('com.microsoft', model.opsets.get('com.microsoft') ?? 1);
}

/** The versions its tools convert to: 11 for models before 10, 21 for codes of 16 bits. */
export function ortOpset(wide: boolean, present: number): OpsetNeed {
  if (wide) return { wanted: 21, least: 10 };
  return present < 10 ? { wanted: 11, least: 10 } : { wanted: present, least: 10 };
}

/**
 * Ranges of the values on the data. `entropy` is `minmax`: with the 128 bins and 128 levels of its tools there is only
 * one threshold to choose from.
 */
async function rangesOf(
  model: Model,
  values: ReadonlySet<Value>,
  options: SchemeOptions,
  context: Context,
): Promise<Map<Value, ValueRange>> {
  const { static: own, data } = options;
  if (data === undefined)
    throw new LlmcError('USAGE', 'int8 needs data to find the ranges of activations on', {
      hint: 'give some typical inputs with --data, e.g. calibration.npz',
    });
  // One row at a time, as its tools are fed.
  if (own.calibration === 'percentile') {
    const source = { data, samples: own.samples, batch: 1 };
    return percentileRanges(model, [...values], own.percentile, source, context);
  }
  const table = await calibrate(
    model,
    {
      values: [...values],
      method: own.calibration === 'entropy' ? 'minmax' : own.calibration,
      spec: own.activation,
      data,
      samples: own.samples,
      percentile: own.percentile,
      table: own.table,
    },
    context,
  );
  const ranges = new Map<Value, ValueRange>();
  for (const value of values) {
    const range = table.ranges.get(value.name) ?? constantRange(value);
    if (range) ranges.set(value, range);
  }
  return ranges;
}

/** Constants written as nodes are activations to its tools. */
function constantRange({ producer }: Value): ValueRange | null {
  const tensor = producer?.op === 'Constant' ? tensorOf(producer) : null;
  return tensor?.dtype === 'float32' ? rangeOf(floatsOf(tensor)) : null;
}
