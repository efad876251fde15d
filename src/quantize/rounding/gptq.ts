/** gptq: one input after the other, later ones making up for the errors of earlier ones; then coordinate descent. */
import { descend } from '../../numeric/descent.ts';
import { gptq as propagate } from '../../numeric/gptq.ts';
import type { Rounding } from './method.ts';

export const gptq: Rounding = {
  name: 'gptq',
  summary:
    'inputs one after the other, each making up for errors made before (GPTQ, then coordinate descent)',
  data: 'required',
  symmetric: true,
  round: async ({ target, grid, hessian }, engine) => {
    const rounded = await propagate(target, hessian, grid, engine);
    return rounded && descend(rounded, target, Float32Array.from(hessian), grid, engine);
  },
};
