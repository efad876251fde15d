/** Worker thread: follows recipes, reading weights from the open model file by itself. Started by ahead.ts. */
import { parentPort } from 'node:worker_threads';
import { type ByteSource, memoryBytes } from '../ir/bytes.ts';
import { Tensor } from '../ir/tensor.ts';
import { readInto } from '../onnx/file.ts';
import { type Answer, type Errand, memoryOf, type WeightPlace } from './errand.ts';
import { follow } from './recipes/recipe.ts';

/** Larger weights do not keep their memory for the next one. */
const KEPT_BYTES = 64 << 20;

/** Memory for weights: fresh pages for every weight would take longer to get than to fill. */
let scratch = new Uint8Array(0);

parentPort?.on('message', (errand: Errand) => {
  const answer = answerTo(errand);
  parentPort?.postMessage(answer, answer ? memoryOf(answer) : []);
  if (scratch.byteLength > KEPT_BYTES) scratch = new Uint8Array(0);
});

function answerTo({ recipe, dtype, dims, place }: Errand): Answer {
  try {
    return follow(recipe, new Tensor({ dtype, dims, source: sourceAt(place) }));
  } catch {
    return null;
  }
}

/** Every read of the source replaces what the one before gave. */
function sourceAt(place: WeightPlace): ByteSource {
  if ('bytes' in place) return memoryBytes(place.bytes);
  const { path, offset, descriptor, byteLength } = place;
  return {
    byteLength,
    read: (start = 0, end = byteLength) => {
      if (scratch.byteLength < end - start) scratch = new Uint8Array(end - start);
      const bytes = scratch.subarray(0, end - start);
      readInto(bytes, descriptor, path, offset + start);
      return bytes;
    },
  };
}
