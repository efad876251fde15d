/** The transforms of static quantization, alphabetical; a new one is a file and a line here. */
import { biasCorrection } from './bias-correction.ts';
import { equalize } from './equalize.ts';
import { outlierChannels } from './outlier-channels.ts';
import { smoothquant } from './smoothquant.ts';
import type { Transform } from './transform.ts';

export const TRANSFORMS: readonly Transform[] = [biasCorrection, equalize, outlierChannels, smoothquant];
