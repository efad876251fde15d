/** Attention masks are numbers like -1e4 or -3.4e38 among scores: they stand for minus infinity and are no signal. */

type Floats = Float32Array | Float64Array;

/** What exporters write for minus infinity is at most this; a hair above -1e4, which halves round. */
const MASKED = -9990;

/** Both arrays with minus infinity where both are masked; the arrays themselves where nothing is. */
export function withoutMasks(a: Floats, b: Floats): [Floats, Floats] {
  const first = firstMasked(a);
  if (first < 0) return [a, b];
  const [x, y] = [a.slice(), b.slice()];
  for (let index = first; index < a.length; index++)
    if (isMasked(a, b, index)) {
      x[index] = -Infinity;
      y[index] = -Infinity;
    }
  return [x, y];
}

/** Where the first can lie; nearly always nowhere, so this is all that most values cost. */
function firstMasked(a: Floats): number {
  for (let index = 0; index < a.length; index++) if ((a[index] as number) <= MASKED) return index;
  return -1;
}

function isMasked(a: Floats, b: Floats, index: number): boolean {
  return (a[index] as number) <= MASKED && (b[index] as number) <= MASKED;
}
