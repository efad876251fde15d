/** Measures of importance by name; a new one is a file and a line here. */
import { activation } from './activation.ts';
import { batchNormScale } from './batch-norm-scale.ts';
import { fpgm } from './fpgm.ts';
import type { Importance } from './importance.ts';
import { groupMagnitude, l1, l2 } from './magnitude.ts';
import { random } from './random.ts';
import { surgeon } from './surgeon.ts';
import { taylor } from './taylor.ts';

export const importances: readonly Importance[] = [
  l1,
  l2,
  groupMagnitude,
  batchNormScale,
  activation,
  fpgm,
  random,
  surgeon,
  taylor,
];
