/** Recognizes weights that are quantized already, so that nobody wonders why they stay as they are. */
import { DTYPES, type DType } from '../ir/dtype.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs } from '../ir/walk.ts';
import { formatBytes } from '../report/units.ts';

const PREFIX = 'this model is quantized already';
/** Codes are many to a byte: a weight that was worth it may have a quarter of the elements. */
const LEAST = 64;

/** A sentence about the weights of 8 bits and less, with the operators that read them; null when there are none. */
export function quantizedAlready(model: Model): string | null {
  let [count, bytes] = [0, 0];
  const readers = new Set<string>();
  for (const graph of allGraphs(model, { functions: false }))
    for (const value of graph.initializers) {
      const { tensor } = value;
      if (!tensor || !isSmall(tensor.dtype) || tensor.size < LEAST || isSecond(value)) continue;
      count++;
      bytes += tensor.byteLength;
      for (const { node } of value.uses) readers.add(node.op);
    }
  if (count === 0) return null;
  const [weights, stay] =
    count === 1 ? ['one weight', 'stays as it is'] : [`${count} weights`, 'stay as they are'];
  return `${PREFIX}: ${weights} of ${[...readers].sort().join(', ')} (${formatBytes(bytes)}) ${stay}`;
}

/** True for zero points: all who read them read larger codes as well. */
function isSecond({ tensor, uses }: Value): boolean {
  const larger = (node: Node): boolean =>
    node.inputs.some(
      (input) =>
        input?.tensor && isSmall(input.tensor.dtype) && input.tensor.byteLength > (tensor?.byteLength ?? 0),
    );
  return uses.length > 0 && uses.every(({ node }) => larger(node));
}

/** Codes of 8 bits or less; text and truth values are none. */
function isSmall(dtype: DType): boolean {
  const { bits, kind } = DTYPES[dtype];
  return bits <= 8 && (kind === 'int' || kind === 'uint' || kind === 'float');
}

/** The sentence of `quantizedAlready` among the notes of a step, if it is there. */
export function findQuantizedAlready(notes: readonly string[]): string | null {
  return notes.find((note) => note.startsWith(PREFIX)) ?? null;
}
