/** Control flow: the work is in the bodies, whose nodes are looked at one by one. */
import type { Node } from '../../ir/node.ts';
import type { OpSpec, Tie } from '../spec.ts';

const fed = (index: number): Tie => ({ input: index, formal: index });
const made = (index: number): Tie => ({ output: index, result: index });

/** Inputs (trips, condition, carried...), formals (iteration, condition, carried...), results (condition, carried..., scanned...). */
function loopTies({ inputs, outputs }: Node): readonly Tie[] {
  const carried = Math.max(0, inputs.length - 2);
  return outputs.map((_, index) => {
    const out = { result: index + 1, output: index };
    return index < carried ? { input: index + 2, formal: index + 2, ...out } : out;
  });
}

/** Inputs and formals (state..., slices...), results and outputs (state..., scanned...). */
function scanTies(node: Node): readonly Tie[] {
  const state = node.inputs.length - node.int('num_scan_inputs');
  const count = Math.max(node.inputs.length, node.outputs.length);
  return Array.from({ length: count }, (_, index) =>
    index < state ? [{ ...fed(index), ...made(index) }] : [fed(index), made(index)],
  ).flat();
}

export const controlFlow: readonly OpSpec[] = [
  {
    type: 'If',
    quant: { kind: 'exact' },
    types: 'bool -> any*',
    bfloat16: 16,
    cpuBfloat16: true,
    bodies: { repeated: false, inside: 0, ties: ({ outputs }) => outputs.map((_, index) => made(index)) },
  },
  {
    type: 'Loop',
    quant: { kind: 'exact' },
    types: 'int64?, bool?, any* -> any*',
    bfloat16: 16,
    cpuBfloat16: true,
    // Whether to go on is nobody's business outside.
    bodies: { repeated: true, inside: 1, ties: loopTies },
  },
  {
    type: 'Scan',
    quant: { kind: 'exact' },
    types: 'any* -> any*',
    bfloat16: 16,
    cpuBfloat16: true,
    // In opset 8 its inputs had another order, and a batch axis in front.
    bodies: { repeated: true, inside: 0, since: 9, ties: scanTies },
  },
];
