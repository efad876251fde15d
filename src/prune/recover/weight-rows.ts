/** A weight as a matrix with one row for each position that its reader sums over. */
import { floatsOf } from '../../ir/floats.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Reader } from './readers.ts';

/** The weights with the axis of the channels in front: [size, everything else]. */
export function rowsOf({ weight, strand: { size } }: Reader): { weights: Float64Array; outputs: number } {
  const { shape, value } = weight.site;
  const floats = value.tensor ? floatsOf(value.tensor) : new Float32Array();
  const inner = shape.slice(weight.axis + 1).reduce((product, dim) => product * dim, 1);
  const outer = shape.slice(0, weight.axis).reduce((product, dim) => product * dim, 1);
  const outputs = inner * outer;
  const weights = new Float64Array(size * outputs);
  for (let block = 0; block < outer; block++)
    for (let position = 0; position < size; position++)
      for (let at = 0; at < inner; at++)
        weights[position * outputs + block * inner + at] = floats[
          (block * size + position) * inner + at
        ] as number;
  return { weights, outputs };
}

/** Puts rows back into the weight; a value that nobody else reads. */
export function writeRows({ weight, strand: { size } }: Reader, rows: Float64Array): void {
  const { shape, value } = weight.site;
  const inner = shape.slice(weight.axis + 1).reduce((product, dim) => product * dim, 1);
  const outer = shape.slice(0, weight.axis).reduce((product, dim) => product * dim, 1);
  const outputs = inner * outer;
  const floats = new Float32Array(size * outputs);
  for (let block = 0; block < outer; block++)
    for (let position = 0; position < size; position++)
      for (let at = 0; at < inner; at++)
        floats[(block * size + position) * inner + at] = rows[
          position * outputs + block * inner + at
        ] as number;
  value.tensor = Tensor.of('float32', shape, floats);
}
