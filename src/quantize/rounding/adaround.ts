/** adaround: learns for every weight of a grid found by search whether to round up or down; then coordinate descent. */
import { adaround as learn } from '../../numeric/adaround.ts';
import { descend } from '../../numeric/descent.ts';
import { diagonalOf } from '../../numeric/hessian.ts';
import { kquant } from '../../numeric/kquant.ts';
import type { Rounding } from './method.ts';

export const adaround: Rounding = {
  name: 'adaround',
  summary: 'learns whether to round each weight up or down (AdaRound, then coordinate descent)',
  data: 'required',
  symmetric: true,
  round: async ({ target, grid, hessian }, engine) => {
    const single = Float32Array.from(hessian);
    const start = kquant(target, grid, diagonalOf(hessian, grid.inputs));
    const learned = await learn(target, single, start, grid, engine);
    return descend(learned, target, single, grid, engine);
  },
};
