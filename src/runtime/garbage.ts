/** Gives memory back that V8 would keep for long: the values of a run are garbage as soon as they are read. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'minor' | 'major' }) => void;

let collect: Collect | null | undefined;
let pending = 0;

/** Bytes of garbage that are left lying: V8 itself waits for more than 64 MB. */
const MOST_BYTES = 2 << 20;

/** Notes that so many bytes of arrays have become garbage; collects the young ones now and then. */
export function discarded(byteLength: number): void {
  pending += byteLength;
  if (pending < MOST_BYTES) return;
  pending = 0;
  collector()?.({ type: 'minor' });
}

/** V8's own function, which is there only where a flag asks for it. */
function collector(): Collect | null {
  if (collect !== undefined) return collect;
  try {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  } catch {
    collect = null;
  }
  return collect;
}
