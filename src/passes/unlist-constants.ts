/** IR 3 lists every constant among the inputs; from IR 4 on they stand by themselves. */
import { unlistConstants as unlist } from './constants.ts';
import type { Pass } from './pass.ts';

export const unlistConstants: Pass = {
  name: 'unlist-constants',
  summary: 'move IR 3 models to IR 4, where constants are no inputs',
  keepsNames: true,
  run(model, { changed }) {
    for (const value of unlist(model)) changed('took constant out of the inputs', value.name);
  },
};
