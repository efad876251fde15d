import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src/data/host-tensor.ts';
import { keepRows, ScoreBoard } from '../../src/data/metrics/score-board.ts';
import { uniform } from '../../src/random.ts';

const floats = (dims: number[], data: number[]): HostTensor => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from(data),
});
const labels = (dims: number[], data: number[]): HostTensor => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from(data, BigInt),
});

function rows(tensor: HostTensor, start: number, end: number): HostTensor {
  const size = tensor.data.length / (tensor.dims[0] as number);
  return {
    ...tensor,
    dims: [end - start, ...tensor.dims.slice(1)],
    data: tensor.data.slice(start * size, end * size) as Float32Array,
  };
}

describe('scores', () => {
  it('are exact whatever the batches', () => {
    const next = uniform(7);
    const output = floats(
      [11, 4, 5],
      Array.from({ length: 220 }, () => next() * 6 - 3),
    );
    const truth = labels(
      [11, 4],
      Array.from({ length: 44 }, () => Math.floor(next() * 5)),
    );
    const score = (...sizes: number[]) => {
      const board = new ScoreBoard();
      let at = 0;
      for (const size of sizes) {
        board.add({ logits: rows(output, at, at + size) }, rows(truth, at, at + size));
        at += size;
      }
      return board.values();
    };
    const whole = score(11);
    // By definition: share of arg-max hits, and exp of the mean of -log softmax at the label.
    let hits = 0;
    let loss = 0;
    for (let i = 0; i < 44; i++) {
      const row = [...(output.data as Float32Array).subarray(i * 5, i * 5 + 5)];
      const label = Number(truth.data[i]);
      if (row.indexOf(Math.max(...row)) === label) hits++;
      loss -= Math.log(Math.exp(row[label] as number) / row.reduce((sum, value) => sum + Math.exp(value), 0));
    }
    expect(whole['accuracy']).toBe(hits / 44);
    expect(whole['perplexity']).toBeCloseTo(Math.exp(loss / 44), 10);
    for (const sizes of [[4, 4, 3], [1, 10], Array(11).fill(1)]) {
      expect(score(...sizes)['accuracy']).toBe(whole['accuracy']);
      expect(score(...sizes)['perplexity']).toBeCloseTo(whole['perplexity'] as number, 12);
    }
  });

  it('ignore positions labelled -100', () => {
    const board = new ScoreBoard();
    board.add({ y: floats([3, 2], [0, 1, 1, 0, 1, 0]) }, labels([3], [1, -100, 1]));
    expect(board.values()).toEqual({ accuracy: 0.5 });
  });

  it('give the same perplexity for logits, log-probabilities and probabilities', () => {
    const logits = [2, -1, 0.5, 30, -30, 0];
    const soft = [logits.slice(0, 3), logits.slice(3)].flatMap((row) => {
      const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
      return row.map((value) => Math.exp(value) / total);
    });
    const of = (data: number[]) => {
      const board = new ScoreBoard();
      board.add(
        { y: { dtype: 'float64', dims: [1, 2, 3], data: Float64Array.from(data) } },
        labels([1, 2], [2, 1]),
      );
      return board.values()['perplexity'] as number;
    };
    expect(of(soft) / of(logits)).toBeCloseTo(1, 9);
    expect(of(soft.map(Math.log)) / of(logits)).toBeCloseTo(1, 9);
  });

  it('take class numbers that the graph itself decides', () => {
    const board = new ScoreBoard();
    board.add({ label: labels([4], [1, 2, 3, 0]) }, labels([4], [1, 2, 0, 0]));
    expect(board.values()).toEqual({ accuracy: 0.75 });
  });

  it('choose the output that fits the labels', () => {
    const board = new ScoreBoard();
    board.add({ features: floats([2, 1], [5, 5]), y: floats([2, 2], [0, 1, 0, 1]) }, labels([2], [1, 1]));
    expect(board.values()).toEqual({ accuracy: 1 });
  });

  it('stay empty where nothing fits', () => {
    const board = new ScoreBoard();
    board.add({ y: floats([2, 3, 2], Array(12).fill(0)) }, labels([2], [1, 1]));
    expect(board.values()).toEqual({});
  });

  it.each([2, -1])('refuse label %i for two classes', (label) => {
    const board = new ScoreBoard();
    expect(() => board.add({ y: floats([1, 2], [0, 1]) }, labels([1], [label]))).toThrow(
      /label .* 2 classes/,
    );
  });

  it('give the worst perplexity to NaN', () => {
    const board = new ScoreBoard();
    board.add({ y: floats([1, 1, 2], [Number.NaN, 1]) }, labels([1, 1], [1]));
    expect(board.values()['perplexity']).toBe(Number.MAX_VALUE);
  });

  it('never prefer NaN', () => {
    const board = new ScoreBoard();
    board.add({ y: floats([1, 3], [Number.NaN, 1, 2]) }, labels([1], [2]));
    expect(board.values()).toEqual({ accuracy: 1 });
  });
});

describe('padded outputs', () => {
  it('lose the repeated rows, also where a row is several entries of axis 0', () => {
    const outputs = {
      y: floats([4, 1], [1, 2, 2, 2]),
      tokens: floats([8], [1, 1, 2, 2, 2, 2, 2, 2]),
      scalar: floats([], [3]),
    };
    const kept = keepRows(outputs, 2, 4);
    expect(kept['y']).toEqual(floats([2, 1], [1, 2]));
    expect(kept['tokens']).toEqual(floats([4], [1, 1, 2, 2]));
    expect(kept['scalar']).toEqual(floats([], [3]));
  });
});
