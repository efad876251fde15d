/** hqq: zero points that serve the bulk of the weights rather than the outliers; with data, of the weights wanted then. */
import type { Rounding } from './method.ts';
import { roundWithoutData } from './without-data.ts';

export const hqq: Rounding = {
  name: 'hqq',
  summary: 'zero points that forgive outliers (half-quadratic quantization)',
  data: 'optional',
  symmetric: false,
  // The method looks at weights alone; data says which weights make up for the layers before, and whether it paid.
  round: async ({ target, grid }) => (grid.bits === 3 ? null : roundWithoutData('hqq', target, grid)),
};
