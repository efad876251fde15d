/** Codes of 1, 2, 4 or 8 bits to and from bytes: consecutive codes fill a byte from its low bits up, as ONNX does. */

export type PackedBits = 1 | 2 | 4 | 8;

/** Bytes that `count` codes take. */
export function packedLength(count: number, bits: PackedBits): number {
  return Math.ceil((count * bits) / 8);
}

/** Packs the low `bits` of each code; signed codes become two's complement. Unused bits of the last byte are 0. */
export function packCodes(codes: Int8Array | Uint8Array, bits: PackedBits): Uint8Array {
  const bytes = new Uint8Array(codes.buffer, codes.byteOffset, codes.length);
  if (bits === 8) return bytes.slice();
  const packed = new Uint8Array(packedLength(codes.length, bits));
  if (bits === 4) packPairs(bytes, packed);
  else packAny(bytes, bits, packed);
  return packed;
}

/** The first `count` codes, one per byte; `signed` extends the top bit of each. */
export function unpackCodes(packed: Uint8Array, bits: PackedBits, count: number, signed: true): Int8Array;
export function unpackCodes(packed: Uint8Array, bits: PackedBits, count: number, signed?: false): Uint8Array;
export function unpackCodes(
  packed: Uint8Array,
  bits: PackedBits,
  count: number,
  signed = false,
): Int8Array | Uint8Array {
  const codes = new Uint8Array(count);
  const mask = (1 << bits) - 1;
  const perByte = 8 / bits;
  const signBit = signed ? 1 << (bits - 1) : 0;
  let byte = 0;
  for (let i = 0; i < count; i++) {
    byte = i % perByte === 0 ? (packed[(i * bits) >> 3] as number) : byte >> bits;
    codes[i] = ((byte & mask) ^ signBit) - signBit;
  }
  return signed ? new Int8Array(codes.buffer) : codes;
}

function packPairs(codes: Uint8Array, packed: Uint8Array): void {
  const pairs = codes.length >> 1;
  for (let i = 0; i < pairs; i++) {
    packed[i] = ((codes[2 * i] as number) & 15) | (((codes[2 * i + 1] as number) & 15) << 4);
  }
  if (codes.length % 2 === 1) packed[pairs] = (codes[2 * pairs] as number) & 15;
}

function packAny(codes: Uint8Array, bits: number, packed: Uint8Array): void {
  const mask = (1 << bits) - 1;
  for (let i = 0; i < codes.length; i++) {
    const at = (i * bits) >> 3;
    packed[at] = (packed[at] as number) | (((codes[i] as number) & mask) << ((i * bits) & 7));
  }
}
