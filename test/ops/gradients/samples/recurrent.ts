/** Samples of recurrent networks. */
import type { GradientSample } from '../check.ts';

const [TIME, BATCH, INPUT, HIDDEN] = [4, 2, 3, 5];
const GATES = { LSTM: 4, GRU: 3, RNN: 1 } as const;

interface Variant {
  readonly about: string;
  readonly attributes?: string;
  readonly directions?: 1 | 2;
  /** Names of further inputs, in their order. */
  readonly more?: readonly ('lens' | 'h' | 'c' | 'p')[];
}

function sample(
  op: keyof typeof GATES,
  { about, attributes = '', directions: d = 1, more = [] }: Variant,
): GradientSample {
  const rows = GATES[op] * HIDDEN;
  const states = `float[${d},${BATCH},${HIDDEN}]`;
  const types = {
    lens: `int32[${BATCH}] lens`,
    h: `${states} h`,
    c: `${states} c`,
    p: `float[${d},${3 * HIDDEN}] p`,
  };
  const order = op === 'LSTM' ? (['lens', 'h', 'c', 'p'] as const) : (['lens', 'h'] as const);
  const last = Math.max(-1, ...more.map((name) => order.indexOf(name as 'lens')));
  const operands = order.slice(0, last + 1).map((name) => (more.includes(name) ? name : '""'));
  const fed = more.filter((name) => name !== 'lens').map((name) => types[name]);
  const results = op === 'LSTM' ? ['y', 'yh', 'yc'] : ['y', 'yh'];
  const outputs = [
    `float[${TIME},${d},${BATCH},${HIDDEN}] y`,
    ...results.slice(1).map((name) => `${states} ${name}`),
  ];
  const inputs = [
    `float[${TIME},${BATCH},${INPUT}] x`,
    `float[${d},${rows},${INPUT}] w`,
    `float[${d},${rows},${HIDDEN}] r`,
    `float[${d},${2 * rows}] b`,
    ...fed,
  ];
  const lens = more.includes('lens') ? `<int32[${BATCH}] lens = {${TIME}, ${TIME}}>` : '';
  return {
    op,
    about,
    graph: `g (${inputs.join(', ')}) => (${outputs.join(', ')}) ${lens} {
      ${results.join(', ')} = ${op}<hidden_size=${HIDDEN}${attributes}>(${['x', 'w', 'r', 'b', ...operands].join(', ')}) }`,
  };
}

export const recurrent: readonly GradientSample[] = [
  sample('LSTM', { about: 'forward' }),
  sample('LSTM', { about: 'reverse', attributes: ', direction="reverse"' }),
  sample('LSTM', {
    about: 'both ways, from a state',
    attributes: ', direction="bidirectional"',
    directions: 2,
    more: ['h', 'c'],
  }),
  sample('LSTM', { about: 'peepholes, lengths', more: ['lens', 'h', 'c', 'p'] }),
  sample('GRU', { about: 'forward' }),
  sample('GRU', { about: 'reset after the product', attributes: ', linear_before_reset=1', more: ['h'] }),
  sample('GRU', {
    about: 'both ways',
    attributes: ', direction="bidirectional", linear_before_reset=1',
    directions: 2,
  }),
  sample('RNN', { about: 'forward' }),
  sample('RNN', {
    about: 'sigmoid, backwards',
    attributes: ', direction="reverse", activations=["Sigmoid"]',
    more: ['h'],
  }),
];
