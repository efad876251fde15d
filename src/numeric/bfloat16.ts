/** bfloat16 (ONNX BFLOAT16), the upper half of a float32, to and from float32. */

/** Rounds float32 to bfloat16 patterns, ties to even. `target` holds at least `source.length` elements. */
export function encodeBfloat16(source: Float32Array, target: Uint16Array): void {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < bits.length; i++) {
    const pattern = bits[i] as number;
    if ((pattern & 0x7fffffff) <= 0x7f800000) target[i] = (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16;
    // Rounding could carry a NaN into an infinity: cut it instead, and mark it quiet if nothing of it is left.
    else target[i] = (pattern >>> 16) | ((pattern & 0x7f0000) === 0 ? 0x40 : 0);
  }
}

/** Widens bfloat16 patterns to float32, exactly. `target` holds at least `source.length` elements. */
export function decodeBfloat16(source: Uint16Array, target: Float32Array): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < source.length; i++) bits[i] = (source[i] as number) << 16;
}
