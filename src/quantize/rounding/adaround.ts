/** adaround: learns for every weight whether to round it up or down; scales and zero points are those of kquant. */
import { adaround as learn } from '../../numeric/adaround.ts';
import { diagonalOf } from '../../numeric/hessian.ts';
import { kquant } from '../../numeric/kquant.ts';
import type { Rounding } from './method.ts';

export const adaround: Rounding = {
  name: 'adaround',
  summary: 'learns whether to round each weight up or down (AdaRound)',
  data: 'required',
  symmetric: true,
  round: ({ target, grid, hessian }, engine) => {
    const start = kquant(target, grid, diagonalOf(hessian, grid.inputs));
    return learn(target, Float32Array.from(hessian), start, grid, engine);
  },
};
