/** `--parity ort`: quantize_static with QuantFormat.QDQ. Notes first, then constants, values and biases, as its tools do. */
import type { Model } from '../../../ir/model.ts';
import type { Node } from '../../../ir/node.ts';
import type { Value } from '../../../ir/value.ts';
import type { AffineParams } from '../../../numeric/affine.ts';
import { constantParams, guardBiases } from './constants.ts';
import { ParityEmission } from './emission.ts';
import { Marks } from './marks.ts';
import { RULES } from './rules.ts';
import type { ParitySpec } from './spec.ts';

/** Edits the model in place; returns the names of what was quantized. */
export function quantizeToQdq(
  model: Model,
  spec: ParitySpec,
  activations: ReadonlyMap<Value, AffineParams>,
  isSelected: (node: Node) => boolean,
): readonly string[] {
  const { graph, opset } = model;
  const { perChannel, activation } = spec;
  const calibrated = new Set(activations.keys());
  const marks = new Marks(graph, { opset, perChannel, symmetric: activation.symmetric, calibrated });
  for (const node of graph) {
    if (isSelected(node)) RULES[node.op]?.(marks, node);
    if (node.op === 'DequantizeLinear')
      for (const value of node.outputs) if (value) marks.dequantized.add(value);
  }
  const constants = constantParams(marks, spec);
  guardBiases(marks, constants, activations);
  // ai.onnx has no codes of 16 bits before opset 21.
  const domain = opset < 21 && activation.type.endsWith('16') ? 'com.microsoft' : '';
  const emission = new ParityEmission(marks, activation.type, domain);
  emission.run(constants, activations);
  return emission.changed;
}
