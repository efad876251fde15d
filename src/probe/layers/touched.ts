/** Tells nodes that a second model computes differently from those that only read other inputs. */
import { isFloat } from '../../ir/dtype.ts';
import type { Value } from '../../ir/value.ts';
import { equalGroups } from '../../passes/equal-tensors.ts';
import { CONSTANT } from '../../runtime/skeleton.ts';
import type { Pair } from './match.ts';

/** The pairs whose nodes differ in operator, element type, constants, or in what is between them and their inputs. */
export function touchedPairs(pairs: readonly Pair[], signal: AbortSignal): ReadonlySet<Pair> {
  const partner = new Map(pairs.map((pair) => [pair.before.value, pair.after.value]));
  const differs = (ours: Value | null, theirs: Value | null): boolean => {
    if (!ours || !theirs) return ours !== theirs;
    if (ours.tensor && theirs.tensor) return equalGroups([ours, theirs], signal).length === 0;
    if (ours.producer && theirs.producer) {
      // Shapes, indices and constant nodes are not compared.
      if (ours.dtype === null || !isFloat(ours.dtype)) return ours.dtype !== theirs.dtype;
      if (ours.producer.opType === CONSTANT) return theirs.producer.opType !== CONSTANT;
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
