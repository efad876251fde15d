/** The inputs or outputs of a graph: in order as an array, membership by a look-up. */
import type { Value } from './value.ts';

/** Grows at the end, or another list is assigned to the graph; `Graph.setOutput` exchanges one. */
export interface ValueList extends ReadonlyArray<Value> {
  push(...values: Value[]): number;
}

/** How often each value is in a list; notices when the list has grown or is another one. */
export class ListIndex {
  #list: ValueList | null = null;
  #count = 0;
  #times = new Map<Value, number>();

  /** Constant time, save for what has come to the list since the last question. */
  has(list: ValueList, value: Value): boolean {
    this.#catchUp(list);
    return this.#times.has(value);
  }

  /** Puts a value in the place of another. */
  exchange(list: ValueList, index: number, value: Value): void {
    this.#catchUp(list);
    const old = list[index];
    if (!old) throw new Error(`there is no value ${index} in a list of ${list.length}`);
    const left = (this.#times.get(old) as number) - 1;
    if (left > 0) this.#times.set(old, left);
    else this.#times.delete(old);
    (list as Value[])[index] = value;
    this.#add(value);
  }

  #catchUp(list: ValueList): void {
    if (list !== this.#list) {
      this.#list = list;
      this.#count = 0;
      this.#times = new Map();
    }
    for (; this.#count < list.length; this.#count++) this.#add(list[this.#count] as Value);
  }

  #add(value: Value): void {
    this.#times.set(value, (this.#times.get(value) ?? 0) + 1);
  }
}
