/** Inputs for the corpus models that come without any: sizes they accept, filled with seeded noise. */

import { allocate, elementCount, type HostTensor } from '../../src/data/host-tensor.ts';
import type { ValueInfo } from '../../src/data/value-info.ts';
import { seedFor, uniform } from '../../src/random.ts';

/** Dims by model and input, where the model leaves them open; the Silero networks take 512 samples and their context. */
const DIMS: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  'ppocr-rec': { x: [1, 3, 48, 160] },
  'ppocr-det': { x: [1, 3, 96, 160] },
  'ppocr-cls': { x: [1, 3, 48, 192] },
  'silero-v6': { input: [1, 576], state: [2, 1, 128] },
  'silero-v5': { input: [1, 576], state: [2, 1, 128] },
  'silero-legacy': { input: [1, 512], h: [2, 1, 64], c: [2, 1, 64] },
  'silero-op15': { input: [1, 576], state: [2, 1, 128] },
  'silero-op18-ifless': { input: [1, 576], state: [2, 1, 128] },
  'silero-half': { input: [1, 576], state: [2, 1, 128] },
};

const SAMPLE_RATE = 16_000n;

/** One feed per input; dims the table does not have are the model's own, open ones become 1. */
export function corpusFeeds(id: string, inputs: readonly ValueInfo[]): Record<string, HostTensor> {
  return Object.fromEntries(inputs.map((input) => [input.name, noise(id, input)]));
}

function noise(id: string, input: ValueInfo): HostTensor {
  const dims = DIMS[id]?.[input.name] ?? input.dims.map((dim) => (typeof dim === 'number' ? dim : 1));
  const data = allocate(input.dtype, elementCount(dims));
  const next = uniform(seedFor(`${id} ${input.name}`));
  for (let i = 0; i < data.length; i++) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array)
      data[i] = input.name === 'sr' ? SAMPLE_RATE : 1n;
    else data[i] = next();
  }
  return { dtype: input.dtype, dims, data };
}
