/** Copies of many small pieces of a file: an ArrayBuffer of its own would cost ten times what is in it. */

const BLOCK = 1 << 16;
/** Pieces above this get an ArrayBuffer of their own. */
const SMALL = 1 << 12;

let block = new Uint8Array(0);
let used = 0;

/** A copy of `view` that nobody else writes to; starts at a multiple of eight. */
export function copyBytes(view: Uint8Array): Uint8Array {
  if (view.byteLength > SMALL) return view.slice();
  if (used + view.byteLength > block.byteLength) {
    block = new Uint8Array(BLOCK);
    used = 0;
  }
  const copy = block.subarray(used, used + view.byteLength);
  copy.set(view);
  used += (view.byteLength + 7) & ~7;
  return copy;
}

/** Pieces put one behind the other. */
export class JoinedBytes {
  #bytes = new Uint8Array(64);
  #length = 0;

  add(view: Uint8Array): void {
    const length = this.#length + view.byteLength;
    if (length > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.byteLength));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(view, this.#length);
    this.#length = length;
  }

  finish(): Uint8Array {
    return copyBytes(this.#bytes.subarray(0, this.#length));
  }
}
