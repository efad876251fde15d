/** The integer types tensors are quantized to and the codes each may use. */

export type IntegerType = 'int4' | 'uint4' | 'int8' | 'uint8' | 'int16' | 'uint16';

/** One code per element; 4-bit types use a byte per code until packed. */
export type IntegerArray = Int8Array | Uint8Array | Int16Array | Uint16Array;

/** Smallest and largest code, inclusive. */
export interface CodeRange {
  readonly qmin: number;
  readonly qmax: number;
}

const FULL: Readonly<Record<IntegerType, CodeRange>> = {
  int4: { qmin: -8, qmax: 7 },
  uint4: { qmin: 0, qmax: 15 },
  int8: { qmin: -128, qmax: 127 },
  uint8: { qmin: 0, qmax: 255 },
  int16: { qmin: -32768, qmax: 32767 },
  uint16: { qmin: 0, qmax: 65535 },
};

/** One code less on the negative side, so that zero sits exactly in the middle; int4 cannot afford to lose one. */
const SYMMETRIC: Readonly<Partial<Record<IntegerType, CodeRange>>> = {
  int8: { qmin: -127, qmax: 127 },
  int16: { qmin: -32767, qmax: 32767 },
};

/** One bit less, so that pairs of products cannot saturate the 16-bit accumulators of x86 without VNNI. */
const REDUCED: Readonly<Record<IntegerType, CodeRange>> = {
  int4: { qmin: -4, qmax: 3 },
  uint4: { qmin: 0, qmax: 7 },
  int8: { qmin: -64, qmax: 64 },
  uint8: { qmin: 0, qmax: 127 },
  int16: { qmin: -16384, qmax: 16384 },
  uint16: { qmin: 0, qmax: 32767 },
};

/** How much of a type's range the scale is computed for; `reduceRange` wins over `symmetric`, as in onnxruntime. */
export interface RangeChoice {
  readonly symmetric?: boolean;
  readonly reduceRange?: boolean;
}

/** The codes the scale is computed for. Clipping always uses the full range: `codeRange(type)`. */
export function codeRange(type: IntegerType, choice: RangeChoice = {}): CodeRange {
  if (choice.reduceRange) return REDUCED[type];
  return (choice.symmetric ? SYMMETRIC[type] : undefined) ?? FULL[type];
}

/** Bits of one code once packed. */
export function codeBits(type: IntegerType): 4 | 8 | 16 {
  if (type === 'int4' || type === 'uint4') return 4;
  return type === 'int8' || type === 'uint8' ? 8 : 16;
}

/** A zeroed array for `length` codes of `type`. */
export function allocateCodes(type: IntegerType, length: number): IntegerArray {
  switch (type) {
    case 'int4':
    case 'int8':
      return new Int8Array(length);
    case 'uint4':
    case 'uint8':
      return new Uint8Array(length);
    case 'int16':
      return new Int16Array(length);
    case 'uint16':
      return new Uint16Array(length);
  }
}
