/** Which axes of an input are summed over, and which make the channels of the result; read from the signature. */
import type { Node } from '../ir/node.ts';
import { type AxisPattern, labelsOf, labelsOfAxis, type Signature, type TensorPattern } from './signature.ts';
import { signatureOf } from './signature-of.ts';

/**
 * The axis of a weight along which it is quantized per channel: its label is in the weight and in the result, but not
 * in what the weight is multiplied with. Conv 0, ConvTranspose 1, Gemm 0 or 1 by transB, MatMul the last.
 * The last one where there are several (the directions of an LSTM). Null when there is none or the rank is unknown.
 */
export function channelAxis(node: Node, input: number): number | null {
  const view = contractionView(node, input);
  if (!view || view.contracted.size === 0) return null;
  const isChannel = (label: string) => view.results.has(label) && !view.partners.has(label);
  return (
    positions(
      view.weight,
      view.rank,
      (axis) => axis.kind === 'axis' && labelsOfAxis(axis).some(isChannel),
    ).at(-1) ?? null
  );
}

/** The axes of an input that are multiplied with another input and summed: the reduction of a matrix product. */
export function contractionAxes(node: Node, input: number): readonly number[] {
  const view = contractionView(node, input);
  if (!view) return [];
  return positions(view.weight, view.rank, (axis) =>
    labelsOfAxis(axis).some((label) => view.contracted.has(label)),
  );
}

/** Whether an input is multiplied with another one and summed; the rank of neither need be known. */
export function isFactor(node: Node, input: number): boolean {
  const signature = signatureOf(node);
  if (!signature) return false;
  const contracted = contractedLabels(signature);
  return labelsIn(signature.inputs[input] ?? null).some((label) => contracted.has(label));
}

/** Labels that are multiplied and summed: in two inputs or more, in no output. */
export function contractedLabels(signature: Signature): ReadonlySet<string> {
  const results = new Set(signature.outputs.flatMap(labelsIn));
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const tensor of signature.inputs)
    for (const label of new Set(labelsIn(tensor)))
      if (seen.has(label)) twice.add(label);
      else seen.add(label);
  return new Set([...twice].filter((label) => !results.has(label)));
}

interface ContractionView {
  readonly weight: TensorPattern;
  readonly rank: number;
  readonly contracted: ReadonlySet<string>;
  /** Labels of the inputs the weight is contracted with. */
  readonly partners: ReadonlySet<string>;
  readonly results: ReadonlySet<string>;
}

function contractionView(node: Node, input: number): ContractionView | null {
  const signature = signatureOf(node);
  const weight = signature?.inputs[input];
  const rank = node.input(input)?.rank ?? null;
  if (!signature || !weight || rank === null) return null;
  const own = new Set(labelsOf(weight));
  const contracted = new Set([...contractedLabels(signature)].filter((label) => own.has(label)));
  const partners = signature.inputs.filter(
    (other, index) =>
      index !== input && node.input(index) && labelsIn(other).some((label) => contracted.has(label)),
  );
  return {
    weight,
    rank,
    contracted,
    partners: new Set(partners.flatMap(labelsIn)),
    results: new Set(signature.outputs.flatMap(labelsIn)),
  };
}

function labelsIn(tensor: TensorPattern | null): readonly string[] {
  return tensor ? labelsOf(tensor) : [];
}

/** Positions, in a tensor of the given rank, of the axes that `wanted` picks. */
function positions(tensor: TensorPattern, rank: number, wanted: (axis: AxisPattern) => boolean): number[] {
  const found: number[] = [];
  let position = 0;
  for (const axis of tensor.axes) {
    const many = axis.kind === 'group' || (axis.kind === 'window' && axis.group);
    const count = many ? rank - tensor.axes.length + 1 : 1;
    if (wanted(axis)) for (let each = 0; each < count; each++) found.push(position + each);
    position += count;
  }
  return position === rank ? found : [];
}
