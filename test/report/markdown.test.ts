import { describe, expect, it } from 'vitest';
import { MARKDOWN_LIMIT, renderMarkdown } from '../../src/report/markdown.ts';
import { model, sampleReport } from './sample.ts';

const LONG = 'x'.repeat(400);

describe('markdown report', () => {
  it('is a headline table with everything else folded away', () => {
    const requirements = [{ expression: 'size <= 25MB', actual: '112 MB', passed: false }];
    expect(renderMarkdown(sampleReport({ requirements }))).toMatchInlineSnapshot(`
      "<!-- llmc report -->
      ### llmc quantize cnn.onnx --scheme int8-dynamic

      | model | size | p50 | speed | fidelity | accuracy |
      | :-- | --: | --: | --: | --: | --: |
      | \`cnn\` | 438 MB | 12.3 ms |  |  | 0.912 |
      | \`cnn.int8-dynamic\` | 112 MB (3.91x smaller) | 7.10 ms | 1.74x faster [1.68, 1.79] | 34.1 dB, cosine 0.99981, agreement 99.2% (synthetic inputs) | 0.909 |

      - ❌ \`size <= 25MB\`: 112 MB

      <details>
      <summary>Charts</summary>

      \`\`\`mermaid
      xychart-beta horizontal
        title "Size in MB"
        x-axis ["cnn", "cnn.int8-dynamic"]
        y-axis 0 --> 481.94
        bar [438.12, 112.00]
      \`\`\`

      \`\`\`mermaid
      xychart-beta horizontal
        title "Median run in milliseconds"
        x-axis ["cnn", "cnn.int8-dynamic"]
        y-axis 0 --> 13.574
        bar [12.340, 7.1000]
      \`\`\`

      </details>
      <details>
      <summary>quantize int8-dynamic: 1.23 s, 1 changed</summary>

      - \`fc1\`: int8 per channel

      </details>

      <details>
      <summary>3 tensors left as they were (7.86 KB)</summary>

      - \`fc1.bias\` (4.00 KB): biases stay float
      - \`conv1.weight\` (3.46 KB): the runtime has no integer kernel for it
      - \`fc2.bias\` (400 B): biases stay float

      </details>

      <details>
      <summary>All numbers and the machine</summary>

      - fidelity against cnn on 64 rows of generated (synthetic) inputs
      - measured on Test CPU (avx2 avx512\\_vnni), 2 cores, 16.0 GB, linux-x64, node 20.0.0, onnxruntime 1.30.0 cpu

      |  | \`cnn\` | \`cnn.int8-dynamic\` |
      | :-- | --: | --: |
      | size | 438 MB | 112 MB |
      | parameters | 109 M | 109 M |
      | p50 | 12.3 ms | 7.10 ms |
      | p90 | 13.6 ms | 7.81 ms |
      | p95 | 14.8 ms | 8.52 ms |
      | p99 | 18.5 ms | 10.6 ms |
      | mean | 12.6 ms | 7.24 ms |
      | throughput | 81.0 rows/s | 141 rows/s |
      | load | 210 ms | 90.0 ms |
      | peak memory | 900 MB | 300 MB |
      | accuracy | 0.912 | 0.909 |
      | SQNR |  | 34.1 dB |
      | cosine |  | 0.99981 |
      | agreement |  | 99.2% |
      | max error |  | 0.0213 |

      </details>
      "
    `);
  });

  it.each([100, 1000, 20_000])(
    'fits a comment with %i skipped tensors and counts the missing ones',
    (count) => {
      const skipped = Array.from({ length: count }, (_, i) => ({
        what: `layer.${i}.weight`,
        kind: 'tensor',
        bytes: count - i,
        reason: 'kept float because it is small',
      }));
      const steps = [
        { name: 'quantize', options: {}, durationMs: 5, changed: [], skipped, notes: [], passes: [] },
      ];
      const text = renderMarkdown(sampleReport({ steps }));
      expect(text.length).toBeLessThanOrEqual(MARKDOWN_LIMIT);
      const listed = text.split('\n').filter((line) => line.includes('kept float')).length;
      const hidden = Number(/^- and (\d+) more$/m.exec(text)?.[1] ?? 0);
      expect(listed + hidden).toBe(count);
      expect(listed).toBeGreaterThanOrEqual(Math.min(count, 400));
    },
  );

  it('fits a comment whatever is long in a report', () => {
    const many = <T>(make: (index: number) => T) => Array.from({ length: 90 }, (_, index) => make(index));
    const nasty = `&<@|\`*${LONG}`;
    const metrics = Object.fromEntries(many((i) => [`${nasty}${i}`, i]));
    const report = sampleReport({
      command: nasty,
      comparisons: [],
      models: many((i) => model(`${nasty}${i}`, { metrics })),
      warnings: many((i) => `${nasty}${i}`),
      requirements: many((i) => ({ expression: `${nasty}${i}`, actual: nasty, passed: i % 2 === 0 })),
      steps: many(() => ({
        name: nasty,
        options: {},
        durationMs: 1,
        changed: many(() => ({ what: nasty, detail: nasty })),
        skipped: many(() => ({ what: nasty, kind: nasty, bytes: 1, reason: nasty })),
        notes: many(() => nasty),
        passes: many(() => ({ pass: nasty, what: nasty, count: 3, examples: [nasty] })),
      })),
    });
    const text = renderMarkdown(report);
    expect(text.length).toBeLessThanOrEqual(MARKDOWN_LIMIT);
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
    expect(text).toContain('left as they were');
  });

  it('lets no name break out of the table, of code or of HTML', () => {
    const name = 'a|b`c`</details><img src=x> @user\n| d';
    const text = renderMarkdown(sampleReport({ models: [model(name)], comparisons: [], warnings: [name] }));
    const row = text.split('\n').find((line) => line.startsWith('| `a'));
    expect(row?.match(/(?<!\\)\|/g)).toHaveLength(3);
    expect(text.replace(/`[^`]*`/g, '')).not.toMatch(/(?<!\\)<img|@user/);
  });
});
