/** Values in disjoint groups that are united step by step; groups and members keep the order they came in. */
import type { Value } from '../../ir/value.ts';

export class Partition {
  readonly #groupOf = new Map<Value, Value[]>();

  constructor(values: Iterable<Value>) {
    for (const value of values) this.#groupOf.set(value, [value]);
  }

  /** The group of a value; a value nobody listed is alone. */
  membersOf(value: Value): readonly Value[] {
    return this.#groupOf.get(value) ?? [value];
  }

  /** Makes one group of those of all values; values nobody listed are left out. */
  unite(values: readonly Value[]): void {
    const groups = new Set(values.flatMap((value) => [this.#groupOf.get(value) ?? []]));
    const united = [...groups].flat();
    for (const value of united) this.#groupOf.set(value, united);
  }

  groups(): readonly (readonly Value[])[] {
    return [...new Set(this.#groupOf.values())];
  }
}
