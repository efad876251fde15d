/** kquant: scale and zero point of each block by search; with data, errors count by how large their input is. */
import { diagonalOf } from '../../numeric/hessian.ts';
import { kquant as search } from '../../numeric/kquant.ts';
import type { Rounding } from './method.ts';

export const kquant: Rounding = {
  name: 'kquant',
  summary: 'scale and zero point of each block by search; weighted by the data if there is any',
  data: 'optional',
  symmetric: true,
  round: async ({ target, grid, hessian }) => search(target, grid, diagonalOf(hessian, grid.inputs)),
};
