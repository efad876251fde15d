/** What static int8 with `--parity ort` cannot be asked for, as onnxruntime's tools have no counterpart. */
import { LlmcError } from '../../errors.ts';
import type { QuantizeOptions } from '../options.ts';

/** @throws LlmcError USAGE */
export function refuseStaticContradictions(options: QuantizeOptions): void {
  if (!options.scheme.startsWith('int8') || !options.parity) return;
  const without: readonly (readonly [boolean, string])[] = [
    [options.calibration === 'auto', '--calibration auto'],
    [options.calibrationTable !== undefined, '--calibration-table'],
    [options.transforms.length > 0, '--transform'],
    [options.keepFloat > 0, '--keep-float'],
    [options.floatShare > 0, '--float-share'],
  ];
  for (const [given, option] of without)
    if (given)
      throw new LlmcError('USAGE', `${option} does not go with --parity ort`, {
        hint: 'leave out one of them',
      });
}
