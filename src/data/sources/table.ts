/** Every kind of data llmc can read, alphabetical. */
import { idx } from './idx.ts';
import { npy } from './npy.ts';
import { npz } from './npz.ts';
import type { Source } from './source.ts';

export const sources: readonly Source[] = [idx, npy, npz];
