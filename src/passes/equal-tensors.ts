/** Finds byte-equal tensors: first by type and size, then by samples, at last by a digest of everything. */
import { createHash } from 'node:crypto';
import type { ByteSource } from '../ir/bytes.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Value } from '../ir/value.ts';

const SAMPLE = 1 << 12;
const CHUNK = 1 << 22;

/** Groups of at least two values whose tensors are equal, in order of first appearance. */
export function equalGroups(values: readonly Value[], signal: AbortSignal): Value[][] {
  const similar = groups(values, ({ tensor }) => (tensor ? outline(tensor) : null));
  const sampled = similar.flatMap((group) => groups(group, ({ tensor }) => (tensor ? sample(tensor) : null)));
  return sampled.flatMap((group) => {
    signal.throwIfAborted();
    if ((group[0]?.tensor?.byteLength ?? 0) <= 3 * SAMPLE) return [group];
    return groups(group, ({ tensor }) => (tensor ? identity(tensor.source) : null));
  });
}

function groups(values: readonly Value[], key: (value: Value) => string | null): Value[][] {
  const found = new Map<string, Value[]>();
  for (const value of values) {
    const text = key(value);
    if (text === null) continue;
    const group = found.get(text);
    if (group) group.push(value);
    else found.set(text, [value]);
  }
  return [...found.values()].filter((group) => group.length > 1);
}

function outline(tensor: Tensor): string {
  return `${tensor.dtype}[${tensor.dims.join(',')}] ${tensor.byteLength}`;
}

/** All of a small tensor; the first, middle and last bytes of a large one. */
function sample({ source, strings }: Tensor): string {
  const hash = createHash('sha256');
  if (strings) {
    for (const text of strings) hash.update(`${text.byteLength} `).update(text);
    return hash.digest('hex');
  }
  const { byteLength } = source;
  if (byteLength <= 3 * SAMPLE) return hash.update(source.read()).digest('hex');
  // A source that computes makes all of its bytes for any of them: ask once.
  const whole = source.computed ? source.read() : null;
  for (const start of [0, (byteLength - SAMPLE) >> 1, byteLength - SAMPLE]) {
    const end = start + SAMPLE;
    hash.update(whole ? whole.subarray(start, end) : source.read(start, end));
  }
  return hash.digest('hex');
}

/** A digest of all bytes, read in chunks. */
function identity(source: ByteSource): string {
  const hash = createHash('sha256');
  if (source.computed) return hash.update(source.read()).digest('hex');
  for (let start = 0; start < source.byteLength; start += CHUNK)
    hash.update(source.read(start, Math.min(start + CHUNK, source.byteLength)));
  return hash.digest('hex');
}
