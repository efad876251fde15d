/** The Markdown files of the repository, taken apart as far as the tests of the documentation need it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Page {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every Markdown file under the given files and folders. */
export function pages(...places: readonly string[]): Page[] {
  const paths = places.flatMap((place) =>
    place.endsWith('.md')
      ? [place]
      : readdirSync(join(ROOT, place), { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.md'))
          .map((name) => `${place}/${name.split(sep).join('/')}`),
  );
  return paths.sort().map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

export interface CodeBlock {
  readonly language: string;
  readonly lines: readonly string[];
  /** The line of text or comment right above the block. */
  readonly above: string;
}

/** Fenced code blocks, in order. */
export function codeBlocks(text: string): CodeBlock[] {
  const found: CodeBlock[] = [];
  const fence = /^([^\n]*)\n+```(\w*)\n([\s\S]*?)^```$/gm;
  for (const [, above = '', language = '', body = ''] of `\n${text}`.matchAll(fence))
    found.push({ language, above, lines: body.split('\n').slice(0, -1) });
  return found;
}

/** The text without code, where links are only text. */
export function prose(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '`code`');
}

/** The anchors GitHub gives to the headings of a page. */
export function anchors(text: string): Set<string> {
  const headings = text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+\s+(.+)$/gm);
  return new Set(
    Array.from(headings, ([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}
