/** Every augmentation llmc has, alphabetical. */
import type { Augmentation } from './augmentation.ts';
import { crop } from './crop.ts';
import { cutout } from './cutout.ts';
import { dropout } from './dropout.ts';
import { flip } from './flip.ts';
import { mask } from './mask.ts';
import { mixup } from './mixup.ts';
import { noise } from './noise.ts';

export const augmentations: readonly Augmentation[] = [crop, cutout, dropout, flip, mask, mixup, noise];
