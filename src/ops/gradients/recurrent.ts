/** Recurrent networks, step by step: as many copies of a cell as the sequence is long. */
import type { Formula } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Decomposition, NodeScope } from '../gradient.ts';

/** Weights of one direction, ready for products from the left. */
interface Direction {
  /** Products of all inputs with the weights, and the biases added to them: [time, batch, gates * hidden]. */
  readonly input: Value;
  /** [hidden, gates * hidden] */
  readonly recurrent: Value;
  /** What is added to the products of the state where it cannot be added to those of the input; null for nothing. */
  readonly bias: Value | null;
  readonly activations: readonly Activation[];
  readonly hidden: number;
  /** LSTM: weights of the cell state, [3 * hidden]. */
  readonly peepholes: Value | null;
}

type Activation = (f: Formula, x: Value) => Value;

interface State {
  readonly h: Value;
  /** LSTM only. */
  readonly c: Value | null;
}

/** The next state from the products of one input. */
type Cell = (f: Formula, from: Direction, x: Value, state: State, g: NodeScope) => State;

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  sigmoid: (f, x) => f.sigmoid(x),
  tanh: (f, x) => f.tanh(x),
  relu: (f, x) => f.op('Relu', [x]),
};

/** Equations of ONNX (after Hochreiter and Schmidhuber 1997); gates in the order input, output, forget, cell. */
const lstmCell: Cell = (f, { recurrent, activations, hidden, peepholes }, x, { h, c }) => {
  const [gate, input, output] = activations as [Activation, Activation, Activation];
  if (!c) throw new Error('an LSTM has a cell state');
  const [i, o, forget, own] = f.split(f.add(x, f.matmul(h, recurrent)), 1, [
    hidden,
    hidden,
    hidden,
    hidden,
  ]) as [Value, Value, Value, Value];
  const [pi, po, pf] = peepholes ? f.split(peepholes, 0, [hidden, hidden, hidden]) : [];
  const seen = (sum: Value, weight: Value | undefined, cell: Value): Value =>
    weight ? f.add(sum, f.mul(weight, cell)) : sum;
  const next = f.add(f.mul(gate(f, seen(forget, pf, c)), c), f.mul(gate(f, seen(i, pi, c)), input(f, own)));
  return { h: f.mul(gate(f, seen(o, po, next)), output(f, next)), c: next };
};

/** Equations of ONNX (after Cho et al. 2014); gates in the order update, reset, hidden. */
const gruCell: Cell = (f, { recurrent, bias, activations, hidden }, x, { h }, { node }) => {
  const [gate, output] = activations as [Activation, Activation];
  const late = node.int('linear_before_reset', 0) === 1;
  const [xz, xr, xh] = f.split(x, 1, [hidden, hidden, hidden]) as [Value, Value, Value];
  const candidate = (reset: Value): Value => {
    const weight = f.slice(recurrent, 1, 2 * hidden, 3 * hidden);
    return output(f, f.add(xh, f.matmul(f.mul(reset, h), weight)));
  };
  if (!late) {
    const products = f.matmul(h, f.slice(recurrent, 1, 0, 2 * hidden));
    const [hz, hr] = f.split(products, 1, [hidden, hidden]) as [Value, Value];
    const update = gate(f, f.add(xz, hz));
    return { h: mixed(f, update, candidate(gate(f, f.add(xr, hr))), h), c: null };
  }
  const products = f.matmul(h, recurrent);
  const [hz, hr, own] = f.split(products, 1, [hidden, hidden, hidden]) as [Value, Value, Value];
  const update = gate(f, f.add(xz, hz));
  const reset = gate(f, f.add(xr, hr));
  const made = output(f, f.add(xh, f.mul(reset, bias ? f.add(own, bias) : own)));
  return { h: mixed(f, update, made, h), c: null };
};

/** (1 - update) made + update before */
function mixed(f: Formula, update: Value, made: Value, before: Value): Value {
  return f.add(made, f.mul(update, f.sub(before, made)));
}

const rnnCell: Cell = (f, { recurrent, activations: [activation] }, x, { h }) => {
  const sum = f.add(x, f.matmul(h, recurrent));
  return { h: activation ? activation(f, sum) : sum, c: null };
};

interface Kind {
  readonly gates: number;
  readonly activations: readonly string[];
  readonly cell: Cell;
}

function unrolled({ gates, activations: defaults, cell }: Kind): Decomposition {
  return (g) => {
    const { f, node } = g;
    const byBatch = node.int('layout', 0) === 1;
    const x = byBatch ? f.transpose(g.input(0), [1, 0, 2]) : g.input(0);
    const given = g.shape(g.input(0));
    const [time = 1, batch = 1] = byBatch ? [given[1], given[0]] : given;
    requirePlain(g, time);
    const [directions = 1, rows = 1] = g.shape(g.input(1));
    const hidden = rows / gates;
    const names = stated(g) ?? Array.from({ length: directions }, () => defaults).flat();
    const kind = node.text('direction', 'forward');
    const ends: State[] = [];
    const sequences: Value[] = [];
    for (let at = 0; at < directions; at++) {
      const own = names
        .slice(at * defaults.length, (at + 1) * defaults.length)
        .map((name) => activation(g, name));
      const from = directionOf(g, x, { at, gates, hidden, activations: own });
      const backwards = kind === 'reverse' || at === 1;
      const initial = (index: number): Value => startOf(g, index, at, [batch, hidden], byBatch);
      const run = runCell(
        g,
        cell,
        from,
        { time, batch, backwards },
        { h: initial(5), c: gates === 4 ? initial(6) : null },
      );
      ends.push(run.last);
      sequences.push(f.reshape(f.concat(run.all, 0), [time, 1, batch, hidden]));
    }
    const y = f.concat(sequences, 1);
    const final = (values: readonly (Value | null)[]): Value | null => {
      const found = values.flatMap((value) => (value ? [f.reshape(value, [1, batch, hidden])] : []));
      if (found.length === 0) return null;
      const whole = f.concat(found, 0);
      return byBatch ? f.transpose(whole, [1, 0, 2]) : whole;
    };
    return [
      node.output(0) ? (byBatch ? f.transpose(y, [2, 0, 1, 3]) : y) : null,
      node.output(1) ? final(ends.map(({ h }) => h)) : null,
      node.output(2) ? final(ends.map(({ c }) => c)) : null,
    ];
  };
}

function runCell(
  g: NodeScope,
  cell: Cell,
  from: Direction,
  { time, batch, backwards }: { readonly time: number; readonly batch: number; readonly backwards: boolean },
  start: State,
): { readonly all: readonly Value[]; readonly last: State } {
  const { f } = g;
  const width = g.f.split(from.input, 0, new Array<number>(time).fill(1));
  const gates = (from.activations.length === 1 ? 1 : from.activations.length + 1) * from.hidden;
  const all = new Array<Value>(time);
  let state = start;
  for (let step = 0; step < time; step++) {
    const at = backwards ? time - 1 - step : step;
    state = cell(f, from, f.reshape(width[at] as Value, [batch, gates]), state, g);
    all[at] = f.reshape(state.h, [1, batch, from.hidden]);
  }
  return { all, last: state };
}

interface DirectionShape {
  readonly at: number;
  readonly gates: number;
  readonly hidden: number;
  readonly activations: readonly Activation[];
}

function directionOf(g: NodeScope, x: Value, { at, gates, hidden, activations }: DirectionShape): Direction {
  const { f, node } = g;
  const rows = gates * hidden;
  const features = g.shape(g.input(1))[2] ?? 1;
  const matrix = (index: number, columns: number): Value =>
    f.transpose(f.reshape(f.slice(g.input(index), 0, at, at + 1), [rows, columns]), [1, 0]);
  const products = f.matmul(x, matrix(1, features));
  const given = node.input(3);
  const biases = given ? f.reshape(f.slice(given, 0, at, at + 1), [2 * rows]) : null;
  const [own, ofState] = biases ? f.split(biases, 0, [rows, rows]) : [];
  // A GRU that resets after the product needs one bias inside the reset.
  const late = gates === 3 && node.int('linear_before_reset', 0) === 1;
  const early = ofState && late ? f.mul(ofState, f.floats([rows], upTo(2 * hidden, rows))) : ofState;
  const peephole = gates === 4 ? node.input(7) : null;
  return {
    input: own && early ? f.add(products, f.add(own, early)) : products,
    recurrent: matrix(2, hidden),
    bias: late && ofState ? f.slice(ofState, 0, 2 * hidden, rows) : null,
    activations,
    hidden,
    peepholes: peephole ? f.reshape(f.slice(peephole, 0, at, at + 1), [3 * hidden]) : null,
  };
}

/** Ones up to a position, zeros behind it. */
function upTo(count: number, size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, at) => (at < count ? 1 : 0));
}

function startOf(
  { f, node }: NodeScope,
  index: number,
  at: number,
  dims: readonly number[],
  byBatch: boolean,
): Value {
  const given = node.input(index);
  if (!given) return f.filled(dims);
  return f.reshape(f.slice(given, byBatch ? 1 : 0, at, at + 1), dims);
}

/** Names of activations the node states; null for the defaults. */
function stated({ node }: NodeScope): readonly string[] | null {
  const attribute = node.attributes.get('activations');
  if (attribute?.kind !== 'strings') return null;
  return attribute.value.map((name) => new TextDecoder().decode(name));
}

function activation(g: NodeScope, name: string): Activation {
  const found = ACTIVATIONS[name.toLowerCase()];
  if (!found) throw g.unsupported(`its activation ${name} is not covered`);
  return found;
}

function requirePlain(g: NodeScope, time: number): void {
  const { node } = g;
  if (node.attributes.has('clip')) throw g.unsupported('it clips its gates');
  if (node.int('input_forget', 0) !== 0) throw g.unsupported('its gates are coupled');
  if (node.input(4) && g.constants(4).some((length) => length !== time))
    throw g.unsupported('its sequences have lengths of their own');
}

export const lstm = unrolled({ gates: 4, activations: ['sigmoid', 'tanh', 'tanh'], cell: lstmCell });
export const gru = unrolled({ gates: 3, activations: ['sigmoid', 'tanh'], cell: gruCell });
export const rnn = unrolled({ gates: 1, activations: ['tanh'], cell: rnnCell });
