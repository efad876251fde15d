import { describe, expect, it } from 'vitest';
import { type PackedBits, packCodes, packedLength, unpackCodes } from '../../src/numeric/packing.ts';
import { uniform } from '../../src/random.ts';
import { firstDifference } from './arrays.ts';

const WIDTHS: readonly PackedBits[] = [1, 2, 4, 8];

describe.each(WIDTHS)('%i-bit codes', (bits) => {
  it('come back from packing, signed and unsigned, for every tail', () => {
    const next = uniform(bits);
    for (let length = 0; length < 40; length++) {
      const unsigned = Uint8Array.from({ length }, () => next() * 2 ** bits);
      const packed = packCodes(unsigned, bits);
      expect(packed.length).toBe(packedLength(length, bits));
      expect(firstDifference(unpackCodes(packed, bits, length), unsigned)).toBeNull();
      const signed = Int8Array.from(unsigned, (code) => code - 2 ** (bits - 1));
      expect(firstDifference(unpackCodes(packCodes(signed, bits), bits, length, true), signed)).toBeNull();
    }
  });

  it('leave unused bits zero', () => {
    const packed = packCodes(new Uint8Array(3).fill(255), bits);
    expect(packed.reduce((sum, byte) => sum + byte.toString(2).split('1').length - 1, 0)).toBe(3 * bits);
  });
});

it('fills bytes from the low bits up', () => {
  expect([...packCodes(Uint8Array.of(1, 2, 3), 4)]).toEqual([0x21, 0x03]);
  expect([...packCodes(Uint8Array.of(1, 2, 3, 0, 1), 2)]).toEqual([0b00111001, 1]);
  expect([...packCodes(Int8Array.of(-1, -8), 4)]).toEqual([0x8f]);
});

it('does not share memory with 8-bit codes it was given', () => {
  const codes = Uint8Array.of(1, 2);
  packCodes(codes, 8)[0] = 9;
  expect(codes[0]).toBe(1);
});
