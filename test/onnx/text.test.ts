import { describe, expect, it } from 'vitest';
import { decodeText, encodeText } from '../../src/onnx/text.ts';
import { uniform } from '../../src/random.ts';

function roundTrip(bytes: Uint8Array): Buffer {
  return Buffer.from(encodeText(decodeText(bytes)));
}

describe('text', () => {
  it('keeps any bytes, UTF-8 or not', () => {
    const next = uniform(3);
    for (let i = 0; i < 500; i++) {
      const bytes = Uint8Array.from({ length: Math.floor(next() * 90) }, () => next() * 256);
      expect(roundTrip(bytes).equals(bytes)).toBe(true);
    }
  });

  it('reads UTF-8 as it is, a byte order mark included', () => {
    for (const text of ['', 'weight', '\ufeffx', 'größe', '重み', '\u{1f600}', 'a\0b', 'é'.repeat(100)]) {
      expect(decodeText(Buffer.from(text))).toBe(text);
      expect(roundTrip(Buffer.from(text)).equals(Buffer.from(text))).toBe(true);
    }
  });

  it('turns bytes that are not UTF-8 into lone surrogates', () => {
    expect(decodeText(Buffer.from('caf\xe9', 'latin1'))).toBe('caf\udce9');
  });

  it('writes a name made from one that is not UTF-8 as its bytes and the addition', () => {
    const name = `${decodeText(Buffer.from('caf\xe9', 'latin1'))}_größe_quantized`;
    const expected = Buffer.concat([Buffer.from('caf\xe9', 'latin1'), Buffer.from('_größe_quantized')]);
    expect(Buffer.from(encodeText(name)).equals(expected)).toBe(true);
  });

  it('takes texts of many megabytes, valid and not', () => {
    for (const byte of [0x61, 0xff]) {
      const bytes = Buffer.alloc(20 << 20, byte);
      expect(roundTrip(bytes).equals(bytes)).toBe(true);
    }
  });
});
