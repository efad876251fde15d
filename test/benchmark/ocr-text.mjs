/** From what a text recogniser puts out to its character error rate. */

/**
 * Greedy CTC: the best class of each step, repetitions and blanks (class 0) dropped; spaces at the ends do not count.
 * @param {{ dims: readonly number[], data: Float32Array }} output [lines, steps, classes]
 * @param {number} space the class of the space
 * @returns {number[][]} class ids by line
 */
export function decodeLines({ dims, data }, space) {
  const [lines, steps, classes] = dims;
  return Array.from({ length: lines }, (_, line) => {
    const ids = [];
    let last = 0;
    for (let step = 0; step < steps; step++) {
      const best = argmax(data, (line * steps + step) * classes, classes);
      if (best !== 0 && best !== last) ids.push(best);
      last = best;
    }
    return trim(ids, space);
  });
}

function argmax(data, start, length) {
  let best = 0;
  for (let i = 1; i < length; i++) if (data[start + i] > data[start + best]) best = i;
  return best;
}

function trim(ids, space) {
  const first = ids.findIndex((id) => id !== space);
  return first < 0 ? [] : ids.slice(first, ids.findLastIndex((id) => id !== space) + 1);
}

/** The written lines: rows of class ids filled up with 0. */
export function writtenLines({ dims: [lines, longest], data }) {
  return Array.from({ length: lines }, (_, line) =>
    [...data.slice(line * longest, (line + 1) * longest)].filter((id) => id !== 0),
  );
}

/** Insertions, deletions and substitutions over characters written (Levenshtein), all lines together. */
export function characterErrorRate(read, written) {
  const errors = read.reduce((sum, line, index) => sum + distance(line, written[index]), 0);
  return errors / written.reduce((sum, line) => sum + line.length, 0);
}

function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, x] of a.entries()) {
    const next = [i + 1];
    for (const [j, y] of b.entries())
      next.push(Math.min(next[j] + 1, row[j + 1] + 1, row[j] + (x === y ? 0 : 1)));
    row = next;
  }
  return row.at(-1);
}
