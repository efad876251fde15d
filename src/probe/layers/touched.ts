/** Tells nodes that a second model computes differently from those that only read other inputs. */
import { isFloat } from '../../ir/dtype.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { isConstantNode } from '../../ops/nodes.ts';
import type { Pair } from './match.ts';

/** The pairs whose nodes differ in operator, element type, constants, or in what is between them and their inputs. */
export function touchedPairs(pairs: readonly Pair[], signal: AbortSignal): ReadonlySet<Pair> {
  const partner = new Map(pairs.map((pair) => [pair.before.value, pair.after.value]));
  const differs = (ours: Value | null, theirs: Value | null): boolean => {
    if (!ours || !theirs) return ours !== theirs;
    if (ours.tensor && theirs.tensor) return !sameTensor(ours.tensor, theirs.tensor, signal);
    if (ours.producer && theirs.producer) {
      // Shapes, indices and constant nodes are not compared.
      if (ours.dtype === null || !isFloat(ours.dtype)) return ours.dtype !== theirs.dtype;
      if (isConstantNode(ours.producer)) return !isConstantNode(theirs.producer);
      return partner.get(ours) !== theirs;
    }
    return Boolean(ours.producer ?? ours.tensor) !== Boolean(theirs.producer ?? theirs.tensor);
  };
  const touched = pairs.filter(({ before, after }) => {
    const [a, b] = [before.node, after.node];
    if (a.opType !== b.opType || before.value.dtype !== after.value.dtype) return true;
    const places = Math.max(a.inputs.length, b.inputs.length);
    return Array.from({ length: places }, (_, place) => place).some((place) =>
      differs(a.input(place), b.input(place)),
    );
  });
  return new Set(touched);
}

/** Bytes compared at once. */
const CHUNK = 1 << 22;

function sameTensor(a: Tensor, b: Tensor, signal: AbortSignal): boolean {
  const [x, y] = [a.source, b.source];
  if (a.dtype !== b.dtype || a.dims.join() !== b.dims.join() || x.byteLength !== y.byteLength) return false;
  for (let start = 0; start < x.byteLength; start += CHUNK) {
    signal.throwIfAborted();
    const end = Math.min(start + CHUNK, x.byteLength);
    if (Buffer.compare(x.read(start, end), y.read(start, end)) !== 0) return false;
  }
  return true;
}
