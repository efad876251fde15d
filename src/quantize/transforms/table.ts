/** The transforms of static quantization, alphabetical; a new one is a file and a line here. */
import { equalize } from './equalize.ts';
import { smoothquant } from './smoothquant.ts';
import type { Transform } from './transform.ts';

export const TRANSFORMS: readonly Transform[] = [equalize, smoothquant];
