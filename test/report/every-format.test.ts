import { describe, expect, it } from 'vitest';
import { reportFormats } from '../../src/report/formats.ts';
import { renderGithub } from '../../src/report/github.ts';
import { renderHtml } from '../../src/report/html/page.ts';
import { renderJunit } from '../../src/report/junit.ts';
import { MARKDOWN_LIMIT, renderMarkdown } from '../../src/report/markdown.ts';
import { printableData } from '../../src/report/printable.ts';
import { randomReport } from './random-report.ts';
import { sampleReport } from './sample.ts';
import { elementsOf } from './well-formed.ts';

const REPORTS = Array.from({ length: 80 }, (_, seed) => randomReport(seed));

/** What pages are made of; none of these loads or runs anything. */
const TAGS = new Set(
  'html head meta title style body main header p b a ul ol li h1 h2 h3 small div i article section figure svg g text rect line circle polygon polyline details summary table thead tbody tr th td span footer'.split(
    ' ',
  ),
);

describe('every format', () => {
  it.each(reportFormats.map(({ name }) => name))('%s renders whatever the schema allows', (name) => {
    const format = reportFormats.find((candidate) => candidate.name === name);
    // A terminal gets what was read, and reading makes it printable; pages take care of themselves.
    const given = name === 'text' ? REPORTS.map(printableData) : REPORTS;
    const texts = given.map((report) => format?.render(report) ?? '');
    const unprintable = /(?![\n\t])[\p{Cc}\p{Cs}]/u;
    expect(texts.filter((text) => name !== 'json' && unprintable.test(text))).toEqual([]);
    expect(new Set(texts).size).toBeGreaterThan(REPORTS.length / 2);
  });

  it('is known again by its format, so that it may be replaced', () => {
    const files = reportFormats.filter(({ extensions }) => extensions.length > 0);
    for (const { recognizes, render } of files) {
      const text = render(sampleReport());
      expect(recognizes(text)).toBe(true);
      expect(files.filter((other) => other.recognizes(text))).toHaveLength(1);
    }
  });
});

/** What must not be in an element of a page. */
function wrongIn({ tag, attributes }: ReturnType<typeof elementsOf>[number]): string[] {
  const wrong = Object.entries(attributes).filter(([key, value]) => {
    if (/^on|^src$|^xlink/.test(key)) return true;
    if (key === 'href') return value !== '#requirements';
    const isNumber = /^(x|y|x1|x2|y1|y2|cx|cy|r|width|height|points|viewBox)$/.test(key) && tag !== 'meta';
    return isNumber && !/^[-\d. ,e+]*$/.test(value);
  });
  return [...(TAGS.has(tag) ? [] : [tag]), ...wrong.map(([key, value]) => `${tag} ${key}=${value}`)];
}

describe('html', () => {
  it('is well-formed and holds only known elements and no handlers, links or numbers that are none', () => {
    for (const report of REPORTS) {
      const page = renderHtml(report);
      // One assertion a page: thousands of them take seconds.
      expect(elementsOf(page).flatMap(wrongIn)).toEqual([]);
      expect(page).not.toMatch(/<script|NaN|undefined|\[object/);
    }
  });

  it('does not grow without bounds', () => {
    const skipped = Array.from({ length: 50_000 }, (_, index) => ({
      what: `layer.${index}`,
      kind: 'tensor',
      bytes: 1,
      reason: `reason ${index % 2000}`,
    }));
    const [step] = sampleReport().steps;
    const steps = step ? [{ ...step, skipped }] : [];
    expect(renderHtml(sampleReport({ steps })).length).toBeLessThan(500_000);
  });
});

describe('junit', () => {
  it('is well-formed with one case for each requirement and one failure for each failed one', () => {
    for (const report of REPORTS) {
      const tags = elementsOf(renderJunit(report)).map(({ tag }) => tag);
      const failed = report.requirements.filter(({ passed }) => !passed).length;
      expect(tags.filter((tag) => tag === 'testcase')).toHaveLength(report.requirements.length);
      expect(tags.filter((tag) => tag === 'failure')).toHaveLength(failed);
    }
  });

  it('has the elements and attributes of junit-10.xsd and those that it requires', () => {
    const known: Record<string, { required: string[]; optional: string[] }> = {
      testsuites: { required: [], optional: ['name', 'time', 'tests', 'failures', 'errors'] },
      testsuite: { required: ['name', 'tests', 'failures', 'errors'], optional: ['time', 'skipped'] },
      properties: { required: [], optional: [] },
      property: { required: ['name', 'value'], optional: [] },
      testcase: { required: ['name'], optional: ['time', 'classname'] },
      failure: { required: [], optional: ['type', 'message'] },
      'system-out': { required: [], optional: [] },
    };
    for (const report of REPORTS) {
      for (const { tag, attributes } of elementsOf(renderJunit(report))) {
        const { required = [], optional = [] } = known[tag] ?? {};
        expect(Object.keys(known)).toContain(tag);
        expect(Object.keys(attributes)).toEqual(expect.arrayContaining(required));
        expect([...required, ...optional]).toEqual(expect.arrayContaining(Object.keys(attributes)));
        if (attributes['time']) expect(attributes['time']).toMatch(/^\d+(\.\d+)?$/);
      }
    }
  });

  it('says what was measured', () => {
    const requirements = [
      { expression: 'size <= 25MB', actual: '112 MB', passed: false },
      { expression: 'speedup >= 1.3', actual: '1.74x', passed: true },
    ];
    const elements = elementsOf(renderJunit(sampleReport({ requirements })));
    expect(elements.find(({ tag }) => tag === 'testsuite')?.attributes).toMatchObject({
      tests: '2',
      failures: '1',
    });
    expect(elements.find(({ tag }) => tag === 'failure')?.attributes['message']).toBe('measured 112 MB');
  });
});

describe('github', () => {
  it('is nothing but whole annotations, at most ten of a level', () => {
    for (const report of REPORTS) {
      const lines = renderGithub(report).split('\n').slice(0, -1);
      for (const line of lines)
        expect(line).toMatch(/^::(error|warning|notice) title=llmc( requirement)?::.*$/);
      for (const level of ['error', 'warning', 'notice'])
        expect(lines.filter((line) => line.startsWith(`::${level} `)).length).toBeLessThanOrEqual(10);
    }
  });

  it('escapes what would end a command', () => {
    const text = renderGithub(sampleReport({ warnings: ['50% of\nlines ::error::'] }));
    expect(text).toContain('::warning title=llmc::50%25 of lines ::error::\n');
  });
});

describe('markdown', () => {
  it('fits a comment, and its charts hold one line for each of their parts', () => {
    for (const report of REPORTS) {
      const text = renderMarkdown(report);
      expect(text.length).toBeLessThanOrEqual(MARKDOWN_LIMIT);
      const charts = [...text.matchAll(/^```mermaid\n([\s\S]*?)^```$/gm)].map(([, chart = '']) => chart);
      for (const chart of charts) {
        expect(chart).toMatch(
          /^xychart-beta horizontal\n {2}title "[\w ]+"\n {2}x-axis \[("[^"[\]\n]+"(, )?)+\]\n {2}y-axis 0 --> [\d.]+\n {2}bar \[([\d.]+(, )?)+\]\n$/,
        );
        const [names, bars] = [
          chart.match(/"[^"]+"/g)?.length ?? 0,
          /bar \[(.*)\]/.exec(chart)?.[1]?.split(',').length,
        ];
        expect(bars).toBe(names - 1);
      }
    }
  });
});
