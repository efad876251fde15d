import { describe, expect, it } from 'vitest';
import { uniform } from '../../src/random.ts';
import { shorten } from '../../src/report/layout.ts';
import { oneLine, printable, printableData } from '../../src/report/printable.ts';

describe('printable text', () => {
  it('has no control characters but line breaks and tabs, and keeps the rest', () => {
    const random = uniform(1);
    for (let trial = 0; trial < 200; trial++) {
      const points = Array.from({ length: 20 }, () => Math.floor(random() * 0x3000));
      const text = String.fromCodePoint(...points.filter((point) => point < 0xd800));
      const shown = printable(text);
      expect(shown.replace(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect([...shown].length).toBe([...text].length);
      expect(oneLine(text)).not.toMatch(/[\n\r\t]/);
    }
    expect(printable('w🎉 größe 权重\n\tnext')).toBe('w🎉 größe 权重\n\tnext');
  });

  it('takes the teeth out of escapes in names', () => {
    expect(printable('\u001b]0;title\u0007\u001b[2Jx\u202e')).toBe('�]0;title��[2Jx�');
    expect(shorten('a\nb\u001b[31m', 20)).toBe('a b�[31m');
  });

  it('cleans data through and through and leaves numbers alone', () => {
    const data = { 'k\n': ['\u0007', 1, null, { deep: '\u001b', yes: true }] };
    expect(printableData(data)).toEqual({ 'k ': ['�', 1, null, { deep: '�', yes: true }] });
  });
});
