import { describe, expect, it } from 'vitest';
import { SQNR_FLOOR_DB } from '../../src/numeric/similarity.ts';
import {
  formatBytes,
  formatCosine,
  formatCount,
  formatDb,
  formatMs,
  formatShare,
  formatSigned,
  parseSize,
  SIZE_UNITS,
} from '../../src/report/units.ts';

describe('units', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [999.4, '999 B'],
    [1000, '1.00 KB'],
    [438_123_456, '438 MB'],
    [999_600, '1.00 MB'],
    [12_345_678_901, '12.3 GB'],
  ])('%f bytes is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0 ms'],
    [0.01234, '0.0123 ms'],
    [9.996, '10.0 ms'],
    [999.4, '999 ms'],
    [1000, '1.00 s'],
    [59_949, '59.9 s'],
    [59_990, '1 min 0 s'],
    [3_599_900, '1 h 0 min'],
    [7_260_000, '2 h 1 min'],
  ])('%f ms is %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  it('never rounds a share or a cosine to perfection', () => {
    expect(formatShare(1)).toBe('100%');
    expect(formatShare(0.99999999)).toBe('>99.99%');
    expect(formatShare(0.0000001)).toBe('<0.01%');
    expect(formatShare(0.5)).toBe('50%');
    expect(formatCosine(1)).toBe('1');
    for (let exponent = 1; exponent < 16; exponent++) {
      expect(formatCosine(1 - 10 ** -exponent)).not.toMatch(/^1/);
    }
  });

  it('has words for the ends of the decibel scale, one of which similarity makes', () => {
    expect([null, Infinity, 34.14, -3, SQNR_FLOOR_DB].map(formatDb)).toEqual([
      'equal',
      'equal',
      '34.1 dB',
      '-3.0 dB',
      'no signal',
    ]);
  });

  it('keeps whole counts below a thousand', () => {
    expect([0, 7, 999, 1000, 66_955_010].map(formatCount)).toEqual(['0', '7', '999', '1.00 K', '67.0 M']);
  });

  it('shows the sign of a difference', () => {
    expect([0.0012, -0.003, 0].map(formatSigned)).toEqual(['+0.0012', '-0.003', '0']);
  });

  it('reads every unit in any case, with or without a space', () => {
    for (const [unit, factor] of Object.entries(SIZE_UNITS)) {
      for (const text of [`3${unit}`, `3 ${unit.toLowerCase()}`, ` 3${unit.toUpperCase()} `]) {
        expect(parseSize(text), text).toBe(3 * factor);
      }
    }
    expect(parseSize('1.5KB')).toBe(1500);
    expect(parseSize('17')).toBe(17);
  });

  it.each(['', 'MB', '3XB', '-3MB', '3 M B', '1e3', '3..2MB'])('refuses %j as a size', (text) => {
    expect(parseSize(text)).toBeNull();
  });
});
