/** Escapes text for Markdown tables and lists on GitHub. */
import { shorten } from './layout.ts';

const LONGEST_CELL = 120;

/** Text that stands for itself: no markup, no HTML, no mention, no line break, no table cell border. */
export function escapeMarkdown(text: string, longest = LONGEST_CELL): string {
  return shorten(text.replace(/\s+/g, ' ').trim(), longest)
    .replace(/[\\`*_{}[\]<>#|~]/g, (character) => `\\${character}`)
    .replace(/&/g, '&amp;')
    .replace(/@/g, '@\u200b')
    .replace(/^([-+]|\d+\.)(?=\s)/, '\\$1');
}

/** A name as code; backticks and pipes cannot be escaped inside and are replaced. */
export function codeSpan(text: string): string {
  const clean = shorten(text.replace(/\s+/g, ' ').trim(), LONGEST_CELL)
    .replace(/`/g, "'")
    .replace(/\|/g, '¦');
  return clean === '' ? '' : `\`${clean}\``;
}

/** A table with a header; the first column left, the others right. Cells are Markdown already. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, index) => (index === 0 ? ':--' : '--:'));
  return [line(header), line(rule), ...rows.map(line)];
}

/** A collapsed section. The blank lines make GitHub read the body as Markdown. */
export function collapsed(summary: string, body: readonly string[]): string[] {
  const end = body.findLastIndex((line) => line !== '') + 1;
  return ['<details>', `<summary>${summary}</summary>`, '', ...body.slice(0, end), '', '</details>'];
}
