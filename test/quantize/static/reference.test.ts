/** Calibrated int8 against fake quantization written down from its definition, in plain loops, with no code of llmc's. */

import { describe, expect, it } from 'vitest';
import { floatsOf } from '../../../src/ir/floats.ts';
import type { Model } from '../../../src/ir/model.ts';
import { floats, nodesOf, numberOf, quantized, run, runFeeds } from '../../support/static.ts';
import { staticGraph } from '../../support/static-graphs.ts';

type Matrix = { readonly rows: number; readonly columns: number; readonly at: Float64Array };

function constant(model: Model, name: string): Matrix {
  const tensor = [...model.graph.initializers].find((value) => value.name === name)?.tensor;
  if (!tensor) throw new Error(`no ${name}`);
  const [rows = 1, columns = 1] = tensor.dims.length === 1 ? [1, ...tensor.dims] : tensor.dims;
  return { rows, columns, at: Float64Array.from(floatsOf(tensor)) };
}

/** Ties go to the even neighbour. */
function round(x: number): number {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}

/** The range of a matrix, zero included, laid over 256 codes; each element becomes what its code stands for. */
function fakeActivations(m: Matrix, seen: Matrix): Matrix {
  const [low, high] = [Math.min(0, ...seen.at), Math.max(0, ...seen.at)];
  const scale = Math.fround((high - low) / 255);
  const zero = round(-low / ((high - low) / 255));
  const at = m.at.map((x) => (Math.min(255, Math.max(0, round(x / scale) + zero)) - zero) * scale);
  return { ...m, at };
}

/** A scale for each column: its largest magnitude is 64, codes of 7 bits. */
function fakeWeights(m: Matrix): Matrix {
  const at = new Float64Array(m.at.length);
  for (let column = 0; column < m.columns; column++) {
    let most = 0;
    for (let row = 0; row < m.rows; row++)
      most = Math.max(most, Math.abs(m.at[row * m.columns + column] ?? 0));
    const scale = Math.fround((2 * most) / 128);
    for (let row = 0; row < m.rows; row++) {
      const place = row * m.columns + column;
      at[place] = round((m.at[place] ?? 0) / scale) * scale;
    }
  }
  return { ...m, at };
}

function product(a: Matrix, b: Matrix, bias: Matrix | null, relu: boolean): Matrix {
  const at = new Float64Array(a.rows * b.columns);
  for (let row = 0; row < a.rows; row++)
    for (let column = 0; column < b.columns; column++) {
      let sum = bias?.at[column] ?? 0;
      for (let k = 0; k < a.columns; k++)
        sum += (a.at[row * a.columns + k] ?? 0) * (b.at[k * b.columns + column] ?? 0);
      at[row * b.columns + column] = relu ? Math.max(0, sum) : sum;
    }
  return { rows: a.rows, columns: b.columns, at };
}

describe('a Gemm and its activation', () => {
  it('computes what fake quantization computes', async () => {
    const graph = staticGraph('a Gemm and its activation');
    const [w, b, v, d] = ['w', 'b', 'v', 'd'].map((name) => constant(graph, name)) as [
      Matrix,
      Matrix,
      Matrix,
      Matrix,
    ];
    const feeds = runFeeds(graph);
    const x = { rows: 5, columns: 16, at: Float64Array.from(feeds['x']?.data as Float32Array) };
    const { model } = await quantized('a Gemm and its activation', { correctBiases: false });
    // Ranges are those of llmc's calibration data; here only the arithmetic is judged.
    const seen = nodesOf(model, 'QuantizeLinear').map((node) => {
      const [scale, zero] = [numberOf(node.input(1)), numberOf(node.input(2))];
      return { rows: 1, columns: 2, at: Float64Array.of(-zero * scale, (255 - zero) * scale) };
    });
    const hidden = product(fakeActivations(x, seen[0] as Matrix), fakeWeights(w), b, true);
    const y = product(fakeActivations(hidden, seen[1] as Matrix), fakeWeights(v), d, false);
    const found = floats(await run(model), 'y');
    // A sum in between may round to the neighbouring code: one step times one weight.
    const step = numberOf(nodesOf(model, 'QuantizeLinear')[1]?.input(1) ?? null);
    const slack = step * Math.max(...v.at.map(Math.abs)) + 1e-4;
    for (const [at, value] of y.at.entries())
      expect(Math.abs(value - (found[at] ?? NaN))).toBeLessThan(slack);
    const exact = y.at.filter((value, at) => Math.abs(value - (found[at] ?? NaN)) < 1e-4).length;
    expect(exact).toBeGreaterThan(0.7 * y.at.length);
  });

  it('has ranges that hold what calibration saw, to half a step', async () => {
    const { model } = await quantized('one value for three', { activationType: 'int16' });
    const [node] = nodesOf(model, 'QuantizeLinear');
    const [scale, zero] = [numberOf(node?.input(1) ?? null), numberOf(node?.input(2) ?? null)];
    const [low, high] = [(-32768 - zero) * scale, (32767 - zero) * scale];
    expect(low).toBeLessThan(-1);
    expect(high).toBeGreaterThan(1);
  });
});
