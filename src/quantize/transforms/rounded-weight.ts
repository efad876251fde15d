/** A weight as its symmetric codes tell it. */
import { type ChannelLayout, channelRanges } from '../../numeric/range.ts';
import { roundHalfEven } from '../../numeric/rounding.ts';

/** Largest code: 7 bits are those of onnxruntime's reduced range, -64 to 64. */
export function largestCode(bits: number): number {
  return bits === 7 ? 64 : 2 ** (bits - 1) - 1;
}

/** Quantized and dequantized, with a scale for each channel of the layout: as given, with 8 bits, or by its range. */
export function roundedWeight(
  values: Float32Array,
  layout: ChannelLayout,
  bits: number,
  given?: Float32Array,
): Float32Array {
  const most = largestCode(given ? 8 : bits);
  const scales = given ?? rangeScales(values, layout, most);
  return values.map((value, i) => {
    const scale = scales[Math.floor(i / layout.inner) % layout.channels] as number;
    return scale > 0 ? scale * Math.max(-most, Math.min(most, roundHalfEven(value / scale))) : 0;
  });
}

function rangeScales(values: Float32Array, layout: ChannelLayout, most: number): Float32Array {
  const { min, max } = channelRanges(values, layout);
  return min.map((low, c) => Math.fround(Math.max(-low, max[c] as number, 0) / most));
}
