/** What a rounding method does for matrices it has no data about. */
import type { RoundingName } from './table.ts';

/** Methods that need data leave matrices without to the search, which is the best that does not. */
export function withoutData(rounding: RoundingName): 'nearest' | 'hqq' | 'kquant' {
  return rounding === 'nearest' || rounding === 'hqq' ? rounding : 'kquant';
}
