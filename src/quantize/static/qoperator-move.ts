/** Nodes that only move values run on the integers themselves when both sides have the same parameters. */
import type { Node } from '../../ir/node.ts';
import { specOf } from '../../ops/table.ts';
import { type Codes, codesBehind, codesInFront, quantizerOf, sameParameters } from './qoperator-codes.ts';

/** First ai.onnx version whose kernels take int8 and uint8, where that is not the first. */
const SINCE: Readonly<Record<string, number>> = { MaxPool: 12, Pad: 11, Resize: 11, DepthToSpace: 11 };

/** Operators that bring in a value of their own, zero if left out, by the input that holds it. */
const FILL: Readonly<Record<string, number>> = { Pad: 2 };

/** Makes a node read and write codes; its name then says so. Null where it cannot. */
export function moveOnCodes(node: Node, opset: number): string | null {
  if (!moves(node) || opset < (SINCE[node.opType] ?? 0)) return null;
  const data = codesBehind(node.input(0));
  if (!data || (data.codes.dtype !== 'uint8' && data.codes.dtype !== 'int8')) return null;
  const outputs = node.outputs.flatMap((value, index) =>
    value?.dtype === 'float32' ? [{ value, index }] : [],
  );
  const results = outputs.map(({ value }) => codesInFront(value));
  if (results.length === 0 || !results.every((result) => result && sameParameters(data, result))) return null;
  if (!fill(node, data)) return null;
  node.setInput(0, data.codes);
  for (const [at, { value, index }] of outputs.entries()) {
    const quantizer = quantizerOf(value);
    const codes = results[at]?.codes;
    if (!quantizer || !codes) continue;
    quantizer.graph?.remove(quantizer);
    node.setOutput(index, codes);
    value.producer = null;
  }
  return `${node.opType} on integers`;
}

function moves(node: Node): boolean {
  if (FILL[node.opType] !== undefined) return true;
  const role = specOf(node)?.quant;
  if (role?.kind === 'lookup') return true;
  if (role?.kind !== 'passthrough') return false;
  return typeof role.integers === 'function' ? role.integers(node) : role.integers === true;
}

/** Zero as a code is the zero point: what fills gaps with zeros fills them with that. False for other fillings. */
function fill(node: Node, data: Codes): boolean {
  const index = FILL[node.opType];
  if (index === undefined || node.text('mode', 'constant') !== 'constant') return true;
  const given = node.input(index);
  const isZero = !given || (given.tensor?.size === 1 && Number(given.tensor.array()[0]) === 0);
  // A scalar, as the operator asks for; zero points of one element may be vectors.
  if (!isZero || data.zeroPoint.rank !== 0) return false;
  node.setInput(index, data.zeroPoint);
  return true;
}
