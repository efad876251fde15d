/** Finds constants that are stored more than once, by looking at a few samples of those that could be equal. */
import type { Tensor } from '../ir/tensor.ts';
import type { StoredTensor } from './tensors.ts';

export interface Duplicates {
  readonly tensors: readonly StoredTensor[];
  /** Bytes that keeping one of them would save. */
  readonly bytes: number;
  /** True when every byte was compared; larger tensors are compared in samples. */
  readonly certain: boolean;
}

/** Below this a copy costs nothing worth telling. */
const SMALLEST = 1024;
const WHOLE = 64 * 1024;
const SAMPLES = 16;
const SAMPLE_BYTES = 64;

/** Groups of equal constants, the most wasteful first. */
export function findDuplicates(tensors: readonly StoredTensor[]): Duplicates[] {
  const candidates = groupBy(
    tensors.filter(({ bytes, tensor }) => bytes >= SMALLEST && !tensor.strings),
    ({ dtype, dims }) => `${dtype}[${dims.join()}]`,
  );
  return candidates
    .flatMap((group) => groupBy(group, ({ tensor }) => fingerprint(tensor)))
    .map((group) => ({
      tensors: group,
      bytes: wasted(group),
      certain: group.every(({ bytes }) => bytes <= WHOLE),
    }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
}

/** Only groups of two and more. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

function fingerprint({ source }: Tensor): string {
  const { byteLength } = source;
  if (byteLength <= WHOLE) return text(source.read());
  const step = Math.floor((byteLength - SAMPLE_BYTES) / (SAMPLES - 1));
  return Array.from({ length: SAMPLES }, (_, index) =>
    text(source.read(index * step, index * step + SAMPLE_BYTES)),
  ).join();
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Tensors that are one range of one file are stored once already. */
function wasted(group: readonly StoredTensor[]): number {
  const places = new Set(group.map(({ tensor }, index) => placeOf(tensor) ?? `#${index}`));
  return (places.size - 1) * (group[0]?.bytes ?? 0);
}

function placeOf({ source }: Tensor): string | null {
  return source.file ? `${source.file.path}:${source.file.offset}` : null;
}
