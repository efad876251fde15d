/** Child process: makes the model of one candidate, keeps it in the cache, says where. Started by build.ts. */
import { readFileSync } from 'node:fs';
import { HashIndex } from '../cache/hash-index.ts';
import { Store } from '../cache/store.ts';
import { surroundingsOf } from '../recipe/surroundings.ts';
import { silentContext } from '../step.ts';
import { buildHere, type ChildAnswer, type ChildJob, reasonOf } from './build.ts';

async function answer(): Promise<ChildAnswer> {
  const job = JSON.parse(readFileSync(0, 'utf8')) as ChildJob;
  const context = silentContext({ seed: job.seed, threads: job.threads });
  const shop = {
    store: new Store(job.folder),
    index: new HashIndex(null),
    surroundings: await surroundingsOf(job.version, context),
    original: job.original,
    force: false,
  };
  try {
    return { path: await buildHere(job.steps, { shop, data: job.data }, context) };
  } catch (error) {
    try {
      return { reason: reasonOf(error) };
    } catch (bug) {
      return { reason: bug instanceof Error ? (bug.stack ?? bug.message) : String(bug), bug: true };
    }
  }
}

process.stdout.write(JSON.stringify(await answer()));
