/** Integer codes back to real values, as ONNX DequantizeLinear does it: float32((code - zeroPoint) * scale). */

import type { AffineParams, ChannelParams } from './affine.ts';
import type { IntegerArray } from './integer.ts';
import type { ChannelLayout } from './range.ts';

/** Real values of codes that share one scale and zero point. */
export function dequantize(codes: IntegerArray, params: AffineParams): Float32Array {
  const values = new Float32Array(codes.length);
  const { unsigned, signBit } = unsignedView(codes);
  if (unsigned instanceof Uint8Array) {
    run8(unsigned, signBit, 0, codes.length, params.scale, params.zeroPoint, values);
  } else {
    run16(unsigned, signBit, 0, codes.length, params.scale, params.zeroPoint, values);
  }
  return values;
}

/** Real values of a row-major [outer, channels, inner] tensor with one scale and zero point per channel. */
export function dequantizeChannels(
  codes: IntegerArray,
  layout: ChannelLayout,
  params: ChannelParams,
): Float32Array {
  const { channels, inner } = layout;
  const values = new Float32Array(codes.length);
  const { unsigned, signBit } = unsignedView(codes);
  for (let start = 0, c = 0; start < codes.length; start += inner, c = c + 1 === channels ? 0 : c + 1) {
    const scale = params.scales[c] as number;
    const zeroPoint = params.zeroPoints[c] as number;
    if (unsigned instanceof Uint8Array) {
      run8(unsigned, signBit, start, start + inner, scale, zeroPoint, values);
    } else {
      run16(unsigned, signBit, start, start + inner, scale, zeroPoint, values);
    }
  }
  return values;
}

/** Reads signed codes as unsigned plus a sign bit to flip, so that each loop sees one array type. */
function unsignedView(codes: IntegerArray): { unsigned: Uint8Array | Uint16Array; signBit: number } {
  if (codes instanceof Int8Array) {
    return { unsigned: new Uint8Array(codes.buffer, codes.byteOffset, codes.length), signBit: 0x80 };
  }
  if (codes instanceof Int16Array) {
    return { unsigned: new Uint16Array(codes.buffer, codes.byteOffset, codes.length), signBit: 0x8000 };
  }
  return { unsigned: codes, signBit: 0 };
}

function run8(
  codes: Uint8Array,
  signBit: number,
  start: number,
  end: number,
  scale: number,
  zeroPoint: number,
  values: Float32Array,
): void {
  const offset = signBit + zeroPoint;
  for (let i = start; i < end; i++) values[i] = (((codes[i] as number) ^ signBit) - offset) * scale;
}

function run16(
  codes: Uint16Array,
  signBit: number,
  start: number,
  end: number,
  scale: number,
  zeroPoint: number,
  values: Float32Array,
): void {
  const offset = signBit + zeroPoint;
  for (let i = start; i < end; i++) values[i] = (((codes[i] as number) ^ signBit) - offset) * scale;
}
