/** The units a requirement's value may have, by kind of quantity, as factors of the base unit. */
import type { QuantityKind } from './quantities.ts';
import { SIZE_UNITS } from './units.ts';

/** No unit means the base unit: bytes, milliseconds, a share or factor of one, decibels. */
export const UNITS: Readonly<Record<QuantityKind, Readonly<Record<string, number>>>> = {
  bytes: { '': 1, ...SIZE_UNITS },
  time: { '': 1, us: 1e-3, ms: 1, s: 1000 },
  factor: { '': 1, x: 1, '%': 0.01 },
  share: { '': 1, '%': 0.01 },
  decibel: { '': 1, dB: 1 },
  number: { '': 1, '%': 0.01 },
  count: { '': 1, K: 1e3, M: 1e6, G: 1e9 },
};

/** For messages: "KB, MB, ... or none". */
export function unitNames(kind: QuantityKind): string {
  const names = Object.keys(UNITS[kind]).filter(Boolean);
  return `${names.join(', ')} or none`;
}
