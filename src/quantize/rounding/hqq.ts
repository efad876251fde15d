/** hqq: zero points that serve the bulk of the weights rather than the outliers; no data. */
import type { Rounding } from './method.ts';

export const hqq: Rounding = {
  name: 'hqq',
  summary: 'zero points that forgive outliers (half-quadratic quantization)',
  data: 'none',
  symmetric: false,
};
