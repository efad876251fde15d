/** Looks into models that calibrated int8 made: pairs of QuantizeLinear and DequantizeLinear, results of runs. */

import type { HostTensor } from '../../src/data/host-tensor.ts';
import type { Model } from '../../src/ir/model.ts';
import type { Node } from '../../src/ir/node.ts';
import type { Value } from '../../src/ir/value.ts';
import { allNodes } from '../../src/ir/walk.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { seedFor, uniform } from '../../src/random.ts';
import { openSession, type SessionOptions } from '../../src/runtime/session.ts';
import { type Options, type Quantized, quantize } from './quantized.ts';
import { type StaticGraph, staticGraph } from './static-graphs.ts';

/** Weights of 7 bits, exact on every machine; ranges on generated data. */
export const EXACT: Options = { data: 'synthetic', reduceRange: true, calibration: 'minmax' };

export function quantized(name: StaticGraph, options: Options = {}): Promise<Quantized> {
  return quantize(staticGraph(name), 'int8', { ...EXACT, ...options });
}

export function nodesOf(model: Model, ...ops: string[]): Node[] {
  return [...allNodes(model)].filter(({ op }) => ops.length === 0 || ops.includes(op));
}

/** The number behind a scalar constant. */
export function numberOf(value: Value | null): number {
  const [number, ...others] = Array.from(value?.tensor?.array() ?? [], Number);
  if (number === undefined || others.length > 0) throw new Error(`${value?.name} is no scalar`);
  return number;
}

/** `scale/zero point` of a QuantizeLinear or DequantizeLinear with one of each. */
export function parametersOf(node: Node): string {
  return `${numberOf(node.input(1))}/${numberOf(node.input(2))}`;
}

/** Runs a model on noise that follows its inputs' names; shapes must be known. */
export async function run(model: Model, options: SessionOptions = {}): Promise<Record<string, HostTensor>> {
  const session = await openSession({ model: encodeModel(model) }, { threads: 1, ...options });
  try {
    return await session.run(feedsOf(session.inputs));
  } finally {
    await session.release();
  }
}

/** What `run` feeds a model. */
export function runFeeds(model: Model): Record<string, HostTensor> {
  const inputs = model.graph.inputs.filter((value) => !value.tensor);
  return feedsOf(
    inputs.map(({ name, dtype, type }) => ({ name, dtype: dtype ?? 'float32', dims: type?.shape ?? [] })),
  );
}

function feedsOf(inputs: readonly Input[]): Record<string, HostTensor> {
  return Object.fromEntries(
    inputs.map(({ name, dtype, dims }) => [name, noise(name, dtype, dims as number[])]),
  );
}

interface Input {
  readonly name: string;
  readonly dtype: string;
  readonly dims: readonly unknown[];
}

function noise(name: string, dtype: string, dims: readonly number[]): HostTensor {
  const next = uniform(seedFor(`run ${name}`));
  const size = dims.reduce((product, dim) => product * dim, 1);
  const numbers = Array.from({ length: size }, () => 2 * next() - 1);
  if (dtype === 'bool') return { dtype, dims, data: Uint8Array.from(numbers, (each) => (each > 0 ? 1 : 0)) };
  return { dtype: 'float32', dims, data: Float32Array.from(numbers) };
}

/** Floats of a result. */
export function floats(result: Record<string, HostTensor>, name: string): Float32Array {
  const data = result[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`no floats in ${name}`);
  return data;
}

/** Largest distance between two results. */
export function distance(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] as number))), 0);
}

/** Signal to noise in dB of `b` as an approximation of `a`. */
export function decibels(a: Float32Array, b: Float32Array): number {
  let [signal, noise] = [0, 0];
  for (const [at, value] of a.entries()) {
    signal += value ** 2;
    noise += (value - (b[at] as number)) ** 2;
  }
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise);
}
