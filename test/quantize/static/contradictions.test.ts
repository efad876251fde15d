/** What static int8 refuses beside `--parity ort`. */

import { expect, it } from 'vitest';
import { quantizeOptionsSchema } from '../../../src/quantize/options.ts';
import { refuseStaticContradictions } from '../../../src/quantize/static/contradictions.ts';

const WITHOUT_COUNTERPART: readonly (readonly [string, Record<string, unknown>])[] = [
  ['--calibration auto', { calibration: 'auto' }],
  ['--calibration-table', { calibrationTable: 'ranges.json' }],
  ['--transform', { transforms: ['equalize'] }],
  ['--keep-float', { keepFloat: 2 }],
  ['--float-share', { floatShare: 0.1 }],
];

it.for(WITHOUT_COUNTERPART)('%s does not go with --parity ort, but without', ([option, given]) => {
  const options = quantizeOptionsSchema.parse({ scheme: 'int8', ...given });
  expect(() => refuseStaticContradictions(options)).not.toThrow();
  expect(() => refuseStaticContradictions({ ...options, parity: 'ort' })).toThrow(option);
});
