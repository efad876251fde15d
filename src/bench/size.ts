/** Sizes of the models that are compared. */
import { type ModelSize, measureSize } from '../onnx/model-size.ts';
import type { Context } from '../step.ts';
import type { Subject } from './subject.ts';

/** Compressing more than this takes longer than most people wait for a number. */
const GZIP_LIMIT = 512 * 2 ** 20;

/** One entry per model; the gzip size of models above 512 MB is left out, with a note. */
export async function measureAllSizes(
  subjects: readonly Subject[],
  gzip: boolean,
  context: Context,
): Promise<ModelSize[]> {
  const progress = context.progress(
    'reading',
    subjects.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  try {
    const sizes: ModelSize[] = [];
    for (const { name, files, bytes } of subjects) {
      if (gzip && bytes > GZIP_LIMIT)
        context.note(`${name} is too large to measure its gzip size in passing`);
      const compress = gzip && bytes <= GZIP_LIMIT;
      const onBytes = (count: number) => progress.tick(count);
      sizes.push(await measureSize(files, { gzip: compress, signal: context.signal, onBytes }));
    }
    return sizes;
  } finally {
    progress.done();
  }
}
