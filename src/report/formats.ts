/** The formats a report can be written in, by name and by file extension. */
import { LlmcError } from '../errors.ts';
import { renderGithub } from './github.ts';
import { HTML_MARK, renderHtml } from './html/page.ts';
import { renderJson } from './json.ts';
import { JUNIT_MARK, renderJunit } from './junit.ts';
import { MARKDOWN_MARK, renderMarkdown } from './markdown.ts';
import { plainPalette } from './palette.ts';
import type { Report } from './schema.ts';
import { renderText } from './text.ts';

export interface ReportFormat {
  readonly name: string;
  /** With the dot, lower case. */
  readonly extensions: readonly string[];
  render(report: Report): string;
  /** True when `text` is a report that llmc wrote in this format earlier, and so may be replaced. */
  recognizes(text: string): boolean;
}

const TEXT_WIDTH = 100;

export const reportFormats: readonly ReportFormat[] = [
  {
    name: 'text',
    extensions: ['.txt'],
    render: (report) => renderText(report, { palette: plainPalette, width: TEXT_WIDTH, verbose: true }),
    recognizes: (text) => text.startsWith('llmc '),
  },
  {
    name: 'markdown',
    extensions: ['.md'],
    render: renderMarkdown,
    recognizes: (text) => text.startsWith(MARKDOWN_MARK),
  },
  {
    name: 'html',
    extensions: ['.html', '.htm'],
    render: renderHtml,
    recognizes: (text) => text.slice(0, 500).includes(HTML_MARK),
  },
  {
    name: 'junit',
    extensions: ['.xml'],
    render: renderJunit,
    recognizes: (text) => text.slice(0, 200).includes(JUNIT_MARK),
  },
  // Printed by a step of a workflow; nobody expects it behind a file extension.
  {
    name: 'github',
    extensions: [],
    render: renderGithub,
    recognizes: (text) => /^::(error|warning|notice) title=llmc/.test(text),
  },
  { name: 'json', extensions: ['.json'], render: renderJson, recognizes: isReportJson },
];

/** The format called `name`; LlmcError USAGE lists those that exist. */
export function formatByName(name: string): ReportFormat {
  const format = reportFormats.find((candidate) => candidate.name === name);
  if (format) return format;
  const names = reportFormats.map((candidate) => candidate.name);
  throw new LlmcError('USAGE', `there is no report format "${name}"`, {
    hint: `formats: ${names.join(', ')}`,
  });
}

/** The format a file name asks for; LlmcError USAGE lists the extensions that exist. */
export function formatByPath(path: string): ReportFormat {
  const lower = path.toLowerCase();
  const format = reportFormats.find((candidate) => candidate.extensions.some((end) => lower.endsWith(end)));
  if (format) return format;
  const ends = reportFormats.flatMap((candidate) => candidate.extensions);
  throw new LlmcError('USAGE', `the extension of "${path}" names no report format`, {
    hint: `extensions: ${ends.join(', ')}`,
  });
}

function isReportJson(text: string): boolean {
  try {
    const document: unknown = JSON.parse(text);
    if (document === null || typeof document !== 'object' || !('tool' in document)) return false;
    const { tool } = document;
    return tool !== null && typeof tool === 'object' && 'name' in tool && tool.name === 'llmc';
  } catch {
    return false;
  }
}

/** The report as text, Markdown, HTML, JUnit XML, annotations of GitHub, or JSON. */
export function renderReport(
  report: Report,
  format: 'text' | 'markdown' | 'html' | 'junit' | 'github' | 'json',
): string {
  return formatByName(format).render(report);
}
