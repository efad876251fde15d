/** Weights stored without their zeros. */
import type { Model } from '../ir/model.ts';
import { allGraphs } from '../ir/walk.ts';
import { asSparse, storedBytes } from '../onnx/sparse.ts';
import { formatBytes } from '../report/units.ts';

/** Sparse initializers came with this version of the file format (ONNX 1.6). */
const IR_VERSION = 6;

/** Stores what is smaller that way. Returns a sentence about it. */
export function storeSparse(model: Model): string {
  let count = 0;
  let saved = 0;
  for (const graph of allGraphs(model, { functions: false }))
    for (const value of graph.initializers) {
      // What a file of old lists among its inputs has to stay what it was.
      const sparse = value.tensor && !value.isGraphInput ? asSparse(value.tensor) : null;
      if (!value.tensor || !sparse) continue;
      saved += value.tensor.byteLength - storedBytes(sparse);
      value.tensor = sparse;
      count++;
    }
  if (count === 0)
    return 'no tensor is smaller without its zeros: each value that is left takes 8 bytes to say where it is';
  model.irVersion = Math.max(model.irVersion, IR_VERSION);
  return `${count} tensors are stored without their zeros, which saves ${formatBytes(saved)} of the file; runtimes put them back when they load it`;
}
