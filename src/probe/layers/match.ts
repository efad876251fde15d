/** Finds the values that two variants of a model both compute: by name, and by what they hold where names differ. */
import type { Value } from '../../ir/value.ts';
import type { ComputedValue } from './computed.ts';
import { echoes } from './echoes.ts';
import { distance, likeness, type Sketch, sameDims } from './sketch.ts';

export interface Pair {
  readonly before: ComputedValue;
  readonly after: ComputedValue;
  /** `likeness`: between the same neighbours, of the same shape, and with about the same elements. */
  readonly by: 'name' | 'likeness';
}

export interface Matching {
  /** In the first model's order. */
  readonly pairs: readonly Pair[];
  /** Values of the first model without a counterpart, and why. */
  readonly alone: ReadonlyMap<ComputedValue, string>;
}

/** A value that was computed on the first batch. */
export type Sketches = ReadonlyMap<Value, Sketch>;

/** Correlation from which two values of different names may be the same. */
const ALIKE = 0.9;
/** Below this a pair of the same name is given up if something else is alike. */
const DOUBTFUL = 0.5;
/** An echo is taken for a value where its error is at most this share of the namesake's. */
const CLEARLY_NEARER = 0.25;
/** Fewer elements agree by chance. */
const FEWEST = 16;

const NO_NAMESAKE = 'the second model computes nothing of that name or like it (it was fused or folded away)';
const OTHER_MEANING = 'what has its name in the second model is another value';

/** Pairs values of equal shape; `sketches` hold what both models computed from one input. */
export function match(
  before: readonly ComputedValue[],
  after: readonly ComputedValue[],
  sketches: Sketches,
): Matching {
  const differing = new Map<ComputedValue, string>();
  const named = pairNames(before, after, sketches, differing);
  const { sure, taken } = new Search(before, after, sketches, named);
  const alone = new Map<ComputedValue, string>();
  const pairs: Pair[] = [];
  for (const ours of before) {
    const namesake = named.get(ours)?.theirs ?? null;
    const theirs = sure.get(ours.value) ?? (namesake && !taken.has(namesake) ? namesake : null);
    if (theirs) pairs.push({ before: ours, after: theirs, by: theirs === namesake ? 'name' : 'likeness' });
    else if (!differing.has(ours)) alone.set(ours, namesake ? OTHER_MEANING : NO_NAMESAKE);
    else alone.set(ours, differing.get(ours) ?? '');
  }
  return { pairs, alone };
}

interface Namesake {
  readonly theirs: ComputedValue;
  readonly doubtful: boolean;
}

function pairNames(
  before: readonly ComputedValue[],
  after: readonly ComputedValue[],
  sketches: Sketches,
  differing: Map<ComputedValue, string>,
): Map<ComputedValue, Namesake> {
  const byKey = new Map(after.map((value) => [value.key, value]));
  const named = new Map<ComputedValue, Namesake>();
  for (const ours of before) {
    const theirs = byKey.get(ours.key);
    const [a, b] = [sketches.get(ours.value), theirs && sketches.get(theirs.value)];
    if (!theirs || !a || !b) continue;
    if (!sameDims(a, b)) differing.set(ours, `its shape differs: [${a.dims}] against [${b.dims}]`);
    else named.set(ours, { theirs, doubtful: a.size >= FEWEST && likeness(a, b) < DOUBTFUL });
  }
  return named;
}

type Named = ReadonlyMap<ComputedValue, Namesake>;

/** Looks for the counterparts of values without a sure namesake, between those of their neighbours. */
class Search {
  readonly sure = new Map<Value, ComputedValue>();
  readonly taken = new Set<ComputedValue>();
  readonly #after: readonly ComputedValue[];
  readonly #sketches: Sketches;
  readonly #echoed = new Set<Value>();
  /** Counterparts of what a value is computed from come before its own; of what is computed from it, behind. */
  readonly #latest = new Map<Value, number>();

  constructor(
    before: readonly ComputedValue[],
    after: readonly ComputedValue[],
    sketches: Sketches,
    named: Named,
  ) {
    this.#after = after;
    this.#sketches = sketches;
    for (const [ours, { theirs, doubtful }] of named) if (!doubtful) this.#settle(ours, theirs);
    this.#preferEchoes(named);
    for (const { value, node } of [...before].reverse()) {
      const own = this.sure.get(value)?.order ?? this.#latest.get(value) ?? after.length;
      for (const input of node.inputs)
        if (input) this.#latest.set(input, Math.min(this.#latest.get(input) ?? after.length, own));
    }
    for (const ours of before) {
      const found = this.sure.has(ours.value) ? null : this.#find(ours);
      if (found && found !== named.get(ours)?.theirs) this.#settle(ours, found);
    }
  }

  #settle(ours: ComputedValue, theirs: ComputedValue): void {
    const former = this.sure.get(ours.value);
    if (former) this.taken.delete(former);
    this.sure.set(ours.value, theirs);
    this.taken.add(theirs);
    for (const echo of echoes(theirs.value)) this.#echoed.add(echo);
  }

  /**
   * A quantizer does the work of a Relu that was absorbed into it: then what the first model computes under a name is
   * what comes out of the quantizer, and the value that still has the name is what the Relu read.
   */
  #preferEchoes(named: Named): void {
    const computed = new Map(this.#after.map((value) => [value.value, value]));
    for (const [ours, { theirs }] of named) {
      const [sketch, own] = [this.#sketches.get(ours.value), this.#sketches.get(theirs.value)];
      if (!sketch || !own || sketch.size < FEWEST) continue;
      let nearest = distance(sketch, own) * CLEARLY_NEARER;
      for (const echo of echoes(theirs.value)) {
        const [found, other] = [computed.get(echo), this.#sketches.get(echo)];
        if (!found || !other || this.taken.has(found) || !sameDims(sketch, other)) continue;
        const apart = distance(sketch, other);
        if (apart >= nearest) continue;
        nearest = apart;
        this.#settle(ours, found);
      }
    }
  }

  /** The nearest value that is alike; null without one. */
  #find(ours: ComputedValue): ComputedValue | null {
    const sketch = this.#sketches.get(ours.value);
    if (!sketch || sketch.size < FEWEST) return null;
    let best: ComputedValue | null = null;
    let nearest = Infinity;
    for (const theirs of this.#candidates(ours)) {
      const other = this.#sketches.get(theirs.value);
      if (!other || !sameDims(sketch, other) || likeness(sketch, other) < ALIKE) continue;
      const apart = distance(sketch, other);
      const sameOperator = theirs.node.opType === ours.node.opType;
      if (apart < nearest || (apart === nearest && sameOperator && best?.node.opType !== ours.node.opType)) {
        best = theirs;
        nearest = apart;
      }
    }
    return best;
  }

  /** What is free, no echo of something taken, and computed at the right time. */
  #candidates(ours: ComputedValue): ComputedValue[] {
    const last = this.#latest.get(ours.value) ?? this.#after.length;
    return this.#after
      .slice(this.#earliest(ours), last)
      .filter(
        (theirs) =>
          !this.taken.has(theirs) && !this.#echoed.has(theirs.value) && theirs.nested === ours.nested,
      );
  }

  /** The first order a counterpart can have: behind those of everything the value is computed from. */
  #earliest(ours: ComputedValue): number {
    const seen = new Set<Value>();
    const visit = (value: Value): number => {
      const known = this.sure.get(value);
      if (known) return known.order + 1;
      if (seen.has(value) || !value.producer) return 0;
      seen.add(value);
      return Math.max(0, ...value.producer.inputs.map((input) => (input ? visit(input) : 0)));
    };
    return Math.max(0, ...ours.node.inputs.map((input) => (input ? visit(input) : 0)));
  }
}
