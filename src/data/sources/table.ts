/** Every kind of data llmc can read, alphabetical. */
import { csv } from './csv.ts';
import { idx } from './idx.ts';
import { images } from './images.ts';
import { jsonl } from './jsonl.ts';
import { module } from './module.ts';
import { npy } from './npy.ts';
import { npz } from './npz.ts';
import { parquet } from './parquet.ts';
import { pb } from './pb.ts';
import type { Source } from './source.ts';
import { wav } from './wav.ts';

export const sources: readonly Source[] = [csv, idx, images, jsonl, module, npy, npz, parquet, pb, wav];
