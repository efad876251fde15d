/** Runs two versions of a model on the same generated inputs and compares everything that comes out. */

import type { HostTensor } from '../../src/data/host-tensor.ts';
import type { Model } from '../../src/ir/model.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { findFeeds } from '../../src/runtime/feeds.ts';
import { openSession, type Session } from '../../src/runtime/session.ts';

/** Relative to the largest magnitude of an output, and absolute below it. Never to be loosened. */
export const RELATIVE = 1e-4;
const ABSOLUTE = 1e-6;

export type Feeds = Readonly<Record<string, HostTensor>>;

/** What the model computes for feeds; without any, for generated inputs it accepts. */
export async function outputsOf(
  model: Model | Uint8Array | string,
  feeds?: (session: Session) => Promise<Feeds> | Feeds,
): Promise<{ feeds: Feeds; outputs: Feeds }> {
  const source =
    typeof model === 'string' ? model : { model: model instanceof Uint8Array ? model : encodeModel(model) };
  // One thread and no rewriting by the runtime: differences are the pass's own.
  const session = await openSession(source, { threads: 1, optimize: 'disabled' });
  try {
    const given = await (feeds?.(session) ?? generated(session));
    return { feeds: given, outputs: await session.run(given) };
  } finally {
    await session.release();
  }
}

async function generated(session: Session): Promise<Feeds> {
  const plan = await findFeeds((feeds) => session.run(feeds), session.inputs, { seed: 1 });
  return plan.make(0);
}

/** The differences between two sets of outputs as sentences; none when they agree. */
export function differences(before: Feeds, after: Feeds): string[] {
  const found: string[] = [];
  if (Object.keys(before).join() !== Object.keys(after).join())
    found.push(`outputs ${Object.keys(before)} became ${Object.keys(after)}`);
  for (const [name, old] of Object.entries(before)) {
    const now = after[name];
    const reason = now ? difference(old, now) : null;
    if (reason) found.push(`${name}: ${reason}`);
  }
  return found;
}

function difference(old: HostTensor, now: HostTensor): string | null {
  if (old.dtype !== now.dtype || String(old.dims) !== String(now.dims))
    return `${old.dtype}[${old.dims}] became ${now.dtype}[${now.dims}]`;
  const [a, b] = [numbers(old), numbers(now)];
  if (!a || !b) return String(old.data) === String(now.data) ? null : 'other strings';
  const exact = !old.dtype.startsWith('float');
  const scale = exact
    ? 0
    : a.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
  // Half precision keeps 11 bits: one unit in the last place is the finest that can be asked for.
  const step = old.dtype === 'float16' ? 2 ** -10 : RELATIVE;
  const allowed = exact ? 0 : ABSOLUTE + step * scale;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (Object.is(x, y) || Math.abs(x - y) <= allowed) continue;
    return `element ${i} was ${x}, is ${y}; ${allowed} allowed`;
  }
  return null;
}

function numbers({ data, dtype }: HostTensor): number[] | null {
  if (Array.isArray(data)) return null;
  if (dtype === 'float16') return Array.from(data as Uint16Array, fromHalf);
  return Array.from(data as ArrayLike<number | bigint>, Number);
}

function fromHalf(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
}
