/** Choices: remembers which way was taken at each fork, so that the next attempt takes another. */

/** Depth-first over all combinations of ways; the same forks are met again as long as the same ways are taken. */
export class Choices {
  #taken: { way: number; readonly ways: number }[] = [];
  #at = 0;

  /** Before each attempt. */
  restart(): void {
    this.#at = 0;
  }

  /** The way to take at a fork of `ways`, from 0. */
  pick(ways: number): number {
    const known = this.#taken[this.#at] ?? { way: 0, ways };
    this.#taken[this.#at++] = known;
    return known.way;
  }

  /** Prepares the next attempt; false when all ways were tried. */
  next(): boolean {
    this.#taken.length = Math.min(this.#taken.length, this.#at);
    for (let last = this.#taken.pop(); last; last = this.#taken.pop())
      if (last.way + 1 < last.ways) {
        this.#taken.push({ ...last, way: last.way + 1 });
        return true;
      }
    return false;
  }
}
