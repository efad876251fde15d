/** Operands, options and examples of `llmc inspect`. */

import { dimensions, flag, integer } from '../../options/option-types.ts';
import { type CommandSpec, operand } from '../command.ts';

export const inspectSpec = {
  name: 'inspect',
  summary: 'Show what is in a model and what llmc can do with each operator',
  operands: { model: operand('the model, an .onnx file', 'model') },
  options: {
    tensors: flag('--tensors', 'list every tensor'),
    graph: flag('--graph', 'print the nodes'),
    dim: dimensions('--dim <name=size>', 'size of a symbolic dimension for counting MACs (repeatable)'),
    top: integer('--top <n>', 'how many of the largest tensors to list', { fallback: 10, min: 0 }),
  },
  examples: [
    { run: 'llmc inspect model.onnx', does: 'opsets, parameters, bytes by type, operators' },
    { run: 'llmc inspect model.onnx --tensors --top 50', does: 'where the bytes are' },
    { run: 'llmc inspect model.onnx --json', does: 'the same for a script' },
  ],
  reports: true,
} as const satisfies CommandSpec;
