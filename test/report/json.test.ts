import { describe, expect, it } from 'vitest';
import { formatByName, formatByPath, reportFormats } from '../../src/report/formats.ts';
import { renderJson } from '../../src/report/json.ts';
import { reportJsonSchema } from '../../src/report/json-schema.ts';
import { parseReport } from '../../src/report/read.ts';
import { sampleReport } from './sample.ts';

describe('JSON report', () => {
  it('reads back as the same report', () => {
    const report = sampleReport();
    expect(parseReport(renderJson(report), 'r.json')).toEqual(report);
  });

  it('is the same bytes whatever the order of the keys', () => {
    const text = renderJson({ b: 1, a: { d: [3, { y: 1, x: 2 }], c: null } });
    expect(text).toBe(renderJson({ a: { c: null, d: [3, { x: 2, y: 1 }] }, b: 1 }));
    expect(text.endsWith('}\n')).toBe(true);
  });

  it.each([
    ['{', /not JSON/],
    ['{}', /not a report of llmc[\s\S]*version/],
    [renderJson({ ...sampleReport(), version: 2 }), /version/],
    [renderJson({ ...sampleReport(), models: [{ name: 'x' }] }), /models\[0\]\.path/],
  ])('refuses %j naming the place', (text, message) => {
    expect(() => parseReport(text, 'r.json')).toThrow(message);
  });

  it('has a schema that demands what llmc always writes and forbids no later member', () => {
    const schema = reportJsonSchema();
    expect(schema['required']).toEqual(expect.arrayContaining(Object.keys(sampleReport())));
    expect(JSON.stringify(schema)).not.toContain('"additionalProperties":false');
    expect(JSON.stringify(schema)).toContain('candidate bytes / baseline bytes');
  });
});

describe('report formats', () => {
  it('recognizes its own output and nothing else', () => {
    for (const format of reportFormats) {
      expect(format.recognizes(format.render(sampleReport())), format.name).toBe(true);
      expect(format.recognizes('{"name":"llmc-onnx","version":"1.0.0"}')).toBe(false);
      expect(format.recognizes('# My notes\n')).toBe(false);
    }
  });

  it('lists what exists when asked for something else', () => {
    expect(formatByPath('out/R.JSON').name).toBe('json');
    for (const ask of [() => formatByName('pdf'), () => formatByPath('r.docx')]) {
      expect(ask).toThrow(expect.objectContaining({ code: 'USAGE', hint: expect.stringMatching(/json/) }));
    }
  });
});
