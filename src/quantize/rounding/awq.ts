/** awq: inputs scaled where the operator before can undo it, blocks clipped where that pays. */
import { clippedLayer } from '../../numeric/awq.ts';
import type { Rounding } from './method.ts';

export const awq: Rounding = {
  name: 'awq',
  summary: 'scales inputs by their size where that can be undone before, and clips blocks (AWQ)',
  data: 'required',
  symmetric: true,
  scalesInputs: true,
  round: async ({ target, grid, hessian }) => clippedLayer(target, hessian, grid),
};
