import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { visibleWidth } from '../../src/report/layout.ts';
import { type Palette, plainPalette } from '../../src/report/palette.ts';
import { renderText } from '../../src/report/text.ts';
import { latency, model, sampleReport } from './sample.ts';

const plain = { palette: plainPalette, width: 100, verbose: false };

describe('text report', () => {
  it('shows before and after side by side, then steps, machine and requirements', () => {
    const requirements = [
      { expression: 'size <= 25MB', actual: '112 MB', passed: false },
      { expression: 'speedup >= 1.3', actual: '1.74x', passed: true },
    ];
    const report = sampleReport({ requirements, warnings: ['saturation is possible on this CPU'] });
    expect(renderText(report, plain)).toMatchInlineSnapshot(`
      "llmc 0.1.0 quantize cnn.onnx --scheme int8-dynamic

                           cnn  cnn.int8-dynamic
      size              438 MB            112 MB  3.91x smaller
      parameters         109 M             109 M  same
      p50              12.3 ms           7.10 ms  1.74x faster [1.68, 1.79]
      p99              18.5 ms           10.6 ms  1.74x faster
      throughput   81.0 rows/s        141 rows/s  1.74x more
      load              210 ms           90.0 ms  2.33x faster
      peak memory       900 MB            300 MB  3.00x less
      accuracy           0.912             0.909  -0.003
      SQNR                   -           34.1 dB
      cosine                 -           0.99981
      agreement              -             99.2%
      max error              -            0.0213

      fidelity against cnn on 64 rows of generated (synthetic) inputs

      quantize int8-dynamic  1.23 s, 1 changed, 3 tensors left as they were (7.86 KB)
        - biases stay float: 2 tensors, 4.40 KB
          fc1.bias, fc2.bias
        - the runtime has no integer kernel for it: 1 tensor, 3.46 KB
          conv1.weight

      measured on Test CPU (avx2 avx512_vnni), 2 cores, 16.0 GB, linux-x64, node 20.0.0, onnxruntime
      1.30.0 cpu

      warning: saturation is possible on this CPU

      Requirements
        passed  speedup >= 1.3  1.74x
        FAILED  size <= 25MB    112 MB
      "
    `);
  });

  it('ends with the failing requirement', () => {
    const requirements = [
      { expression: 'a <= 1', actual: '2', passed: false },
      { expression: 'b <= 1', actual: '0', passed: true },
    ];
    const lines = renderText(sampleReport({ requirements }), plain).trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/FAILED.*a <= 1/);
  });

  it('never exceeds the width, whatever the number of candidates', () => {
    const candidates = Array.from({ length: 7 }, (_, i) =>
      model(`candidate-${i}`, { latencyMs: latency(i + 1) }),
    );
    const models = [model('a'.repeat(200), { latencyMs: latency(3) }), ...candidates];
    const report = sampleReport({ models, comparisons: [] });
    for (const width of [80, 100, 140, 200]) {
      const lines = renderText(report, { ...plain, width }).split('\n');
      expect(Math.max(...lines.map(visibleWidth)), `width ${width}`).toBeLessThanOrEqual(width);
      for (const { name } of candidates) expect(lines.join('\n')).toContain(name);
    }
  });

  it('differs from the plain text in nothing but colour codes', () => {
    // Like chalk, this prints every argument it gets.
    const paint =
      (code: number) =>
      (...texts: string[]) =>
        `\u001b[${code}m${texts.join(' ')}\u001b[39m`;
    const palette: Palette = {
      bold: paint(1),
      dim: paint(2),
      good: paint(32),
      bad: paint(31),
      warn: paint(33),
      accent: paint(36),
    };
    const coloured = renderText(sampleReport(), { ...plain, palette });
    expect(coloured).toContain('\u001b[32m');
    expect(stripVTControlCharacters(coloured)).toBe(renderText(sampleReport(), plain));
  });

  it('calls a slower model slower, with the interval turned round', () => {
    const [comparison] = sampleReport().comparisons;
    const speedup = { estimate: 0.5, low: 0.4, high: 0.8, verdict: 'slower' as const };
    const report = sampleReport({ comparisons: comparison ? [{ ...comparison, speedup }] : [] });
    expect(renderText(report, plain)).toContain('2.00x slower [1.25, 2.50]');
  });

  it('says when an interval contains no difference', () => {
    const [comparison] = sampleReport().comparisons;
    const speedup = { estimate: 1.01, low: 0.97, high: 1.04, verdict: 'no difference' as const };
    const report = sampleReport({ comparisons: comparison ? [{ ...comparison, speedup }] : [] });
    expect(renderText(report, plain)).toContain('no difference [0.970, 1.04]');
  });

  it('does not call models equal that could not be told apart', () => {
    const [comparison] = sampleReport().comparisons;
    const speedup = { estimate: 1.01, low: 0.21, high: 4.9, verdict: 'no difference' as const };
    const report = sampleReport({ comparisons: comparison ? [{ ...comparison, speedup }] : [] });
    expect(renderText(report, plain)).toContain('too noisy to tell [0.210, 4.90]');
  });

  it('names the scheme of a step, keeps to the width, and counts one as one', () => {
    const skipped = [{ what: 'b', kind: 'tensor', bytes: 40, reason: 'a\u001b[2Jreason' }];
    const step = {
      name: 'quantize',
      options: { scheme: 'int4' },
      durationMs: 5,
      changed: [],
      skipped,
      notes: [],
      passes: [],
    };
    const text = renderText(sampleReport({ steps: [step] }), { ...plain, width: 40 });
    expect(text).toContain('quantize int4  5.00 ms, 1 tensor left as\n  it was (40 B)\n');
    expect(text).toContain('a\ufffd[2Jreason');
  });

  it('sums up what passes did in a line, and lists it when verbose', () => {
    const kinds = ['a', 'b', 'c', 'd', 'e', 'f'];
    const passes = kinds.map((what, i) => ({
      pass: `pass-${what}`,
      what: `did ${what}`,
      count: i + 1,
      examples: ['x'],
    }));
    const again = { pass: 'pass-a', what: 'did a', count: 9, examples: [] };
    const step = { name: 'quantize', options: {}, durationMs: 5, changed: [], skipped: [], notes: [] };
    const report = sampleReport({ steps: [{ ...step, passes: [...passes, again] }] });
    const brief = renderText(report, plain);
    expect(brief).toContain('\n  tidied up: did a: 10, did f: 6, did e: 5, did d: 4 and 2 more kinds\n');
    expect(brief).not.toContain('pass-');
    const full = renderText(report, { ...plain, verbose: true });
    expect(full).not.toContain('tidied up');
    expect(full).toContain('\n  pass-a: did a: 1 (x)\n  pass-b: did b: 2 (x, ...)\n');
    expect(full).toContain('\n  pass-a: did a: 9\n');
    expect(renderText(sampleReport({ steps: [{ ...step, passes: [] }] }), plain)).not.toContain('tidied');
  });

  it('lists every skipped tensor only when verbose', () => {
    const skipped = Array.from({ length: 30 }, (_, i) => ({
      what: `t${i}_end`,
      kind: 'tensor',
      bytes: i,
      reason: 'small',
    }));
    const steps = [
      { name: 'quantize', options: {}, durationMs: 5, changed: [], skipped, notes: [], passes: [] },
    ];
    const brief = renderText(sampleReport({ steps }), plain);
    const full = renderText(sampleReport({ steps }), { ...plain, verbose: true });
    expect(brief).toContain('t29_end, t28_end, t27_end and 27 more');
    for (const { what } of skipped) expect(full).toContain(what);
  });

  it('lists the layers of a comparison, as many as asked for, with what to do about them', () => {
    const layers = Array.from({ length: 30 }, (_, order) => ({
      node: `conv${order} (Conv)`,
      value: 'v',
      counterpart: 'v',
      matched: 'name' as const,
      order,
      sqnrDb: 30 - order / 10,
      inputSqnrDb: order === 0 ? null : 32.5,
      lossDb: 2.5 + order / 10,
      addedNoise: 0.001,
      cosine: 0.999,
      maxAbsError: order === 1 ? Number.MAX_VALUE : 0.5,
      touched: order < 2,
    }));
    const report = sampleReport({ layers, suggestions: ["--exclude 'conv29' leaves it out"] });
    const text = renderText(report, { ...plain, layers: 3 });
    expect(text).toMatch(/^layer +in +out +lost +cosine +max error$/m);
    expect(text).toMatch(/^conv0 \(Conv\) +equal +30\.0 dB +- +0\.9990 +0\.500 +changed$/m);
    expect(text).toMatch(/^conv1 \(Conv\) +32\.5 dB +29\.9 dB +2\.6 dB +0\.9990 +infinite +changed$/m);
    expect(text).toMatch(/^conv2 \(Conv\) +32\.5 dB .* 0\.500$/m);
    expect(text).not.toContain('conv3 ');
    expect(text).toContain('and 27 more; --top N or --verbose shows them');
    expect(text).toContain("suggested: --exclude 'conv29' leaves it out");
    expect(renderText(report, { ...plain, verbose: true })).toContain('conv29 (Conv)');
  });
});
