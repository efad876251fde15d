/** `--parity ort`: static quantization with the placement, names and numbers of onnxruntime.quantization.quantize_static. */
import type { Model } from '../../../ir/model.ts';
import type { Node } from '../../../ir/node.ts';
import { scaleZeroPoint } from '../../../numeric/affine.ts';
import type { Context } from '../../../step.ts';
import { fewRowsNote } from '../../calibrate/few-rows.ts';
import type { Outcome } from '../../outcome.ts';
import type { OpsetNeed, SchemeOptions } from '../../schemes/scheme.ts';
import { measureRanges } from './measure.ts';
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
  const { ranges, rows } = await measureRanges(model, calibrated, options, context);
  const few = fewRowsNote(rows, options.static.samples);
  if (few) outcome.note(few);
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
