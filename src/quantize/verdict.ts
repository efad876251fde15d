/** Decides whether a result that was compared with the input model may be kept. */

import { formatDb, NO_SIGNAL_DB } from '../report/units.ts';
import type { CheckResult } from '../runtime/check.ts';

/** Signal-to-noise floors in dB below which a result counts as fallen apart, for generated and for real inputs. */
const FLOORS: Readonly<Record<string, number>> = {
  int8: 8,
  'int8-dynamic': 8,
  'int8-weights': 12,
  'int4-2': -3,
  'int4-4': 4,
  'int4-8': 15,
  fp16: 25,
  bf16: 15,
};

/**
 * Why a result must not be kept, or null.
 * @param scheme scheme name; int4 with its bits, e.g. `int4-4`
 */
export function verdict(scheme: string, result: CheckResult): string | null {
  if (result.nonFinite.length > 0)
    return `its output ${result.nonFinite.map((name) => `"${name}"`).join(', ')} holds NaN or infinities`;
  const { fidelity } = result;
  const floor = FLOORS[scheme];
  if (!fidelity || floor === undefined || fidelity.sqnrDb === null) return null;
  // A classifier whose answers agree is fine even where its scores moved.
  if (fidelity.sqnrDb >= floor || (fidelity.agreement ?? 0) >= 0.999) return null;
  if (fidelity.sqnrDb <= NO_SIGNAL_DB) return "its outputs have nothing in common with the input model's";
  const ratio = formatDb(fidelity.sqnrDb);
  return `its signal-to-noise ratio is ${ratio}, below the ${floor} dB that ${inWords(scheme)} must keep`;
}

/** `int4-2` as the user asked for it; 4 bits are what int4 means. */
function inWords(scheme: string): string {
  const bits = /^int4-(\d)$/.exec(scheme)?.[1];
  if (bits === undefined) return scheme;
  return bits === '4' ? 'int4' : `int4 with --bits ${bits}`;
}
