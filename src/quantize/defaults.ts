/** What quantize does unless told otherwise. */

export const DEFAULTS = {
  scheme: 'auto',
  bits: 4,
  blockSize: 32,
  symmetric: null,
  perChannel: null,
  weightType: null,
  reduceRange: false,
  rounding: 'nearest',
  format: 'default',
  target: 'auto',
  check: 'full',
  parity: null,
  halfIo: false,
  halfRest: false,
  accuracyLevel: null,
  samples: 32,
} as const;
