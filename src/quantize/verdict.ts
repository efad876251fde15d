/** Decides whether a result that was compared with the input model may be kept. */
import type { CheckResult } from '../runtime/check.ts';

/** Signal-to-noise floors in dB below which a result counts as fallen apart, for generated and for real inputs. */
const FLOORS: Readonly<Record<string, number>> = {
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
  return `its signal-to-noise ratio is ${fidelity.sqnrDb.toFixed(1)} dB, below the floor of ${floor} dB for ${scheme}`;
}
