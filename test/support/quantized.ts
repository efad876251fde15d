/** Quantizes models that tests wrote as text or found in the fixtures, in memory. */

import type { Model } from '../../src/ir/model.ts';
import { printModel } from '../../src/ir/print.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { allGraphs } from '../../src/ir/walk.ts';
import { encodeBfloat16 } from '../../src/numeric/bfloat16.ts';
import { encodeHalf } from '../../src/numeric/half.ts';
import { cloneModel } from '../../src/onnx/read.ts';
import { type QuantizeOptions, quantizeOptionsSchema, type SchemeName } from '../../src/quantize/options.ts';
import type { Outcome } from '../../src/quantize/outcome.ts';
import { transform } from '../../src/quantize/transform.ts';
import { normal, seedFor } from '../../src/random.ts';
import { silentContext } from '../../src/step.ts';
import { parseModel } from './parse.ts';

export type FixedScheme = Exclude<SchemeName, 'auto'>;
export type Options = Partial<Omit<QuantizeOptions, 'scheme'>>;

export interface Quantized {
  readonly model: Model;
  readonly outcome: Outcome;
  readonly warnings: readonly string[];
  /** The graph after; without the head. */
  readonly text: string;
  /** `node: detail` of everything that was changed. */
  readonly changed: readonly string[];
  /** `tensor or node: reason` of everything that was not. */
  readonly skipped: readonly string[];
}

/** Applies a scheme to a model, in place. The target is one that gives the same result on every machine. */
export async function quantize(model: Model, scheme: FixedScheme, options: Options = {}): Promise<Quantized> {
  const warnings: string[] = [];
  const parsed = quantizeOptionsSchema.parse({ target: 'x64-vnni', check: 'none', ...options, scheme });
  const context = silentContext({ warn: (text) => void warnings.push(text), threads: 1 });
  const { outcome } = await transform(model, scheme, parsed, context);
  return {
    model,
    outcome,
    warnings,
    text: printModel(model).replace(/^<[^>]*>\n/, ''),
    changed: outcome.changed.map(({ what, detail }) => `${what}: ${detail}`),
    skipped: outcome.skipped.map(({ what, reason }) => `${what}: ${reason}`),
  };
}

const noisy = new Map<string, Model>();

/** The model of a text, its float constants from `least` elements on filled with noise that follows their names. */
export function noisyModel(text: string, least = 4): Model {
  const key = `${least} ${text}`;
  const model = noisy.get(key) ?? withNoise(parseModel(text), least);
  noisy.set(key, model);
  // Tests change the structure; tensors do not change, and making them is most of the work.
  return cloneModel(model);
}

function withNoise(model: Model, least: number): Model {
  for (const graph of allGraphs(model))
    for (const value of graph.initializers)
      if (value.tensor && value.tensor.size >= least) value.tensor = noise(value.tensor, value.name);
  return model;
}

function noise(tensor: Tensor, name: string): Tensor {
  const next = normal(seedFor(name));
  const values = new Float32Array(tensor.size);
  for (let index = 0; index < values.length; index++) values[index] = next() / 4;
  if (tensor.dtype === 'float32') return Tensor.of('float32', tensor.dims, values);
  const halves = new Uint16Array(values.length);
  if (tensor.dtype === 'float16') encodeHalf(values, halves);
  else if (tensor.dtype === 'bfloat16') encodeBfloat16(values, halves);
  else return tensor;
  return Tensor.of(tensor.dtype, tensor.dims, halves);
}
