/** Runs models until compiled code has settled: engines that compile while they run take seconds to reach their pace. */
import { median } from '../numeric/statistics.ts';

/** Blocks last a second: compilers work beside the runs, and shorter ones would not show that they are at it. */
const BLOCK_MS = 1000;
const FEWEST_BLOCKS = 2;
/** No longer than this for one model, however it goes. */
const MOST_MS = 15_000;
/** Runs of the last block that are so much quicker than those before mean that there is more to come. */
const QUICKER = 0.95;

/** @param run one inference */
export async function settle(
  run: () => Promise<unknown>,
  clock: () => number = () => performance.now(),
): Promise<void> {
  const begin = clock();
  let before = Number.POSITIVE_INFINITY;
  for (let block = 1; ; block++) {
    const times: number[] = [];
    const start = clock();
    for (let now = start; now - start < BLOCK_MS; ) {
      await run();
      const end = clock();
      times.push(end - now);
      now = end;
    }
    const pace = median(times);
    const settled = block >= FEWEST_BLOCKS && pace > QUICKER * before;
    if (settled || clock() - begin >= MOST_MS) return;
    before = pace;
  }
}
