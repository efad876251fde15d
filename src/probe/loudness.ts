/** Loudness of rows: a histogram of the largest magnitude in each row of a batch. */
import { int } from '../ir/attribute.ts';
import { DTYPES } from '../ir/dtype.ts';
import type { Graph } from '../ir/graph.ts';
import { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';
import { countLoudness, LOUDNESS_BINS, LOWEST_OCTAVE, PER_OCTAVE } from '../numeric/loudness.ts';
import { rangeOf } from '../numeric/range.ts';
import { reduce } from './nodes.ts';
import type { Probe, ProbeScope } from './probe.ts';

/** [LOUDNESS_BINS]: how many rows are how loud. Rows are the batch of the model's inputs, cut from the leading axis. */
export function loudnessProbe(): Probe<Float64Array> {
  return {
    name: 'loudness of rows',
    opset: 13,
    width: LOUDNESS_BINS,
    combine: 'sum',
    build(scope, value) {
      const { builder } = scope;
      const scalar = (number: number) =>
        builder.graph.addInitializer('probe_loudness', Tensor.scalar(number));
      const maxima = reduce(scope, 'ReduceMax', byRow(scope, builder.op('Abs', [value])), 1);
      const octaves = builder.op('Mul', [builder.op('Log', [maxima]), scalar(PER_OCTAVE / Math.LN2)]);
      const place = builder.op('Sub', [octaves, scalar(PER_OCTAVE * LOWEST_OCTAVE)]);
      const inside = builder.op('Clip', [place, scalar(0), scalar(LOUDNESS_BINS - 1)]);
      const bin = builder.op('Cast', [inside], { attributes: { to: int(DTYPES.int32.code) } });
      const column = builder.op('Reshape', [bin, builder.ints('probe_column', [-1, 1])]);
      const bins = Tensor.of(
        'int32',
        [1, LOUDNESS_BINS],
        Int32Array.from({ length: LOUDNESS_BINS }, (_, i) => i),
      );
      const hits = builder.op('Equal', [column, builder.graph.addInitializer('probe_bins', bins)]);
      const ones = builder.op('Cast', [hits], { attributes: { to: int(DTYPES.float32.code) } });
      return reduce(scope, 'ReduceSum', ones, 0);
    },
    read: (vector) => vector,
  };
}

/** [rows, others]; one row where the leading axis does not hold the rows of the batch. */
function byRow({ builder }: ProbeScope, value: Value): Value {
  const batch = batchInput(rootOf(builder.graph));
  const rest = builder.ints('probe_rest', [-1]);
  const one = builder.ints('probe_one_row', [1]);
  if (!batch) return builder.op('Reshape', [value, builder.ints('probe_row', [1, -1])]);
  const leading = (of: Value) => {
    const index = builder.ints('probe_leading', [0]);
    return builder.op('Gather', [builder.op('Shape', [of]), index], { attributes: { axis: int(0) } });
  };
  const rows = leading(batch);
  const left = builder.op('Mod', [leading(value), rows]);
  const whole = builder.op('Equal', [left, builder.ints('probe_no_rest', [0])]);
  const count = builder.op('Where', [whole, rows, one]);
  const shape = builder.op('Concat', [count, rest], { attributes: { axis: int(0) } });
  return builder.op('Reshape', [value, shape]);
}

function rootOf(graph: Graph): Graph {
  return graph.parent ? rootOf(graph.parent) : graph;
}

/** The input whose leading axis counts the rows of a batch: the first with a size left open, or else the first. */
export function batchInput({ inputs }: Pick<Graph, 'inputs'>): Value | null {
  const ranked = inputs.filter((value) => !value.tensor && (value.rank ?? 0) > 0);
  return ranked.find(({ type }) => typeof type?.shape?.[0] !== 'number') ?? ranked[0] ?? null;
}

/** The same for values at hand: adds the rows of a batch to the counts. `leading` is the size of the first axis. */
export function countRows(counts: Float64Array, values: Float32Array, leading: number, rows: number): void {
  const count = rows > 0 && leading % rows === 0 ? rows : 1;
  const size = values.length / count;
  for (let row = 0; row < count; row++) {
    const { min, max } = rangeOf(values, row * size, (row + 1) * size);
    countLoudness(counts, Math.max(Math.abs(min), Math.abs(max)));
  }
}
