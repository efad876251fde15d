/** nearest: every weight to the code that is closest, in blocks as wide as their extremes. */
import type { Rounding } from './method.ts';

export const nearest: Rounding = {
  name: 'nearest',
  summary: 'the closest code, blocks as wide as their extremes',
  data: 'none',
  symmetric: true,
};
