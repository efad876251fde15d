/** Reads the 8-bit and 4-bit floating-point formats of ONNX: every pattern is looked up in a table. */

export type SmallFloat =
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
  | 'float8e8m0'
  | 'float4e2m1';

/** fraction bits, exponent bias, and which patterns are not finite. */
interface Format {
  readonly fraction: number;
  readonly bias: number;
  readonly special: 'none' | 'all-ones-nan' | 'ieee' | 'negative-zero-nan';
}

const FORMATS: Readonly<Record<Exclude<SmallFloat, 'float8e8m0'>, Format>> = {
  float8e4m3fn: { fraction: 3, bias: 7, special: 'all-ones-nan' },
  float8e4m3fnuz: { fraction: 3, bias: 8, special: 'negative-zero-nan' },
  float8e5m2: { fraction: 2, bias: 15, special: 'ieee' },
  float8e5m2fnuz: { fraction: 2, bias: 16, special: 'negative-zero-nan' },
  float4e2m1: { fraction: 1, bias: 1, special: 'none' },
};

/** The values of all patterns: [256], or [16] for float4e2m1. */
export function smallFloatTable(format: SmallFloat): Float32Array {
  if (format === 'float8e8m0')
    return Float32Array.from({ length: 256 }, (_, p) => (p === 255 ? NaN : 2 ** (p - 127)));
  const bits = format === 'float4e2m1' ? 4 : 8;
  return Float32Array.from({ length: 1 << bits }, (_, pattern) =>
    decodePattern(pattern, bits, FORMATS[format]),
  );
}

function decodePattern(pattern: number, bits: number, format: Format): number {
  const signBit = 1 << (bits - 1);
  const sign = pattern & signBit ? -1 : 1;
  const magnitude = pattern & (signBit - 1);
  const exponent = magnitude >> format.fraction;
  const fraction = (magnitude & ((1 << format.fraction) - 1)) / (1 << format.fraction);
  if (format.special === 'all-ones-nan' && magnitude === signBit - 1) return NaN;
  if (format.special === 'negative-zero-nan' && pattern === signBit) return NaN;
  if (format.special === 'ieee' && exponent === (signBit - 1) >> format.fraction) {
    return fraction === 0 ? sign * Infinity : NaN;
  }
  return exponent === 0
    ? sign * fraction * 2 ** (1 - format.bias)
    : sign * (1 + fraction) * 2 ** (exponent - format.bias);
}

/**
 * Widens a tensor of `target.length` elements to float32, exactly. float4e2m1 is packed two per byte, low nibble
 * first; the other formats are one per byte.
 */
export function decodeSmallFloat(source: Uint8Array, format: SmallFloat, target: Float32Array): void {
  const table = smallFloatTable(format);
  if (format === 'float4e2m1') decodeNibbles(source, table, target);
  else for (let i = 0; i < target.length; i++) target[i] = table[source[i] as number] as number;
}

function decodeNibbles(source: Uint8Array, table: Float32Array, target: Float32Array): void {
  for (let i = 0; i < target.length; i++) {
    target[i] = table[((source[i >> 1] as number) >> ((i & 1) * 4)) & 15] as number;
  }
}
