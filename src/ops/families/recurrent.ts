/** Recurrent networks. Weights hold the gates one after the other; a hidden unit is cut from all of them. */
import type { Node } from '../../ir/node.ts';
import * as gradients from '../gradients/recurrent.ts';
import type { OpSpec } from '../spec.ts';

interface Form {
  readonly gates: number;
  /** LSTM: a cell state beside the hidden one, and peepholes. */
  readonly cell?: boolean;
  /** DynamicQuantizeLSTM keeps its weights transposed: [direction, input, gates]. */
  readonly transposed?: boolean;
}

/** Labels: t time, b batch, d direction, i input, h hidden, r hidden of the step before (as large as h). */
function recurrent({ gates, cell, transposed }: Form): (node: Node) => string {
  return (node) => {
    const byBatch = node.int('layout', 0) === 1;
    const data = byBatch ? 'X[b !t i]' : 'X[!t b i]';
    const state = (hidden: string) => (byBatch ? `[b !d ${hidden}]` : `[!d b ${hidden}]`);
    const rows = gates === 1 ? 'h' : `(${gates} h)`;
    const weight = (input: string) => (transposed ? `[d ${input} ${rows}]` : `[d ${rows} ${input}]`);
    const inputs = [
      data,
      `W${weight('i')}`,
      `R${weight('r')}`,
      `B[d (${2 * gates} h)]`,
      'L[b]',
      `H${state('r')}`,
    ];
    if (cell) inputs.push(`C${state('h')}`, 'P[d (3 h)]');
    const outputs = [byBatch ? 'Y[b t d h]' : 'Y[t d b h]', `Yh${state('h')}`];
    if (cell) outputs.push(`Yc${state('h')}`);
    return `${inputs.join(', ')} -> ${outputs.join(', ')} | h=hidden_size, r=hidden_size`;
  };
}

export const recurrentNetworks: readonly OpSpec[] = [
  {
    type: 'GRU',
    gradient: { decompose: gradients.gru },
    axes: recurrent({ gates: 3 }),
    macs: '3 t b d h i + 3 t b d h r',
    quant: { kind: 'compute', weights: [1, 2] },
    types: 'T, T, T, T?, int32?, T? -> T?, T?',
    bfloat16: 22,
  },
  {
    type: 'LSTM',
    gradient: { decompose: gradients.lstm },
    axes: recurrent({ gates: 4, cell: true }),
    macs: '4 t b d h i + 4 t b d h r',
    quant: { kind: 'compute', weights: [1, 2], dynamic: 'com.microsoft.DynamicQuantizeLSTM' },
    types: 'T, T, T, T?, int32?, T?, T?, T? -> T?, T?, T?',
    bfloat16: 22,
  },
  {
    type: 'RNN',
    gradient: { decompose: gradients.rnn },
    axes: recurrent({ gates: 1 }),
    macs: 't b d h i + t b d h r',
    quant: { kind: 'compute', weights: [1, 2] },
    types: 'T, T, T, T?, int32?, T? -> T?, T?',
    bfloat16: 22,
  },
  {
    type: 'com.microsoft.DynamicQuantizeLSTM',
    axes: recurrent({ gates: 4, cell: true, transposed: true }),
    macs: '4 t b d h i + 4 t b d h r',
    quant: { kind: 'quantized' },
    types:
      'float32, T2, T2, float32?, int32?, float32?, float32?, float32?, float32, T2, float32, T2 -> float32?, float32?, float32?',
  },
];
