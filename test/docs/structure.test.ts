import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pages, ROOT } from './markdown.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('docs/architecture.md', () => {
  it('draws the layers that test/architecture.test.ts enforces', () => {
    const [, list = ''] = /ROWS = \[([^\]]+)\]/.exec(read('test/architecture.test.ts')) ?? [];
    const enforced = Array.from(list.matchAll(/'([^']+)'/g), ([, names = '']) => names.split(' '));
    const known = new Set(enforced.flat());
    const drawn = Array.from(
      read('docs/architecture.md').matchAll(/^ ?(\d+) {2}(.+)$/gm),
      ([, row, text = '']) => {
        const names = text.split(/\s{2,}/).filter((name) => known.has(name));
        return [Number(row), names.sort()] as const;
      },
    );
    expect(drawn.sort(([a], [b]) => a - b)).toEqual(enforced.map((names, row) => [row, [...names].sort()]));
  });
});

describe('docs/decisions', () => {
  const decisions = pages('docs/decisions').filter(({ path }) => !path.endsWith('README.md'));

  it.for(decisions)('$path has context, decision and consequences on one page', ({ path, text }) => {
    const number = /\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1];
    expect(text).toMatch(new RegExp(`^# ${number}: \\S`));
    expect(Array.from(text.matchAll(/^## (.+)$/gm), ([, heading]) => heading)).toEqual([
      'Context',
      'Decision',
      'Consequences',
    ]);
    expect(text.split('\n').length).toBeLessThanOrEqual(80);
  });

  it('lists every decision, with its title', () => {
    const index = read('docs/decisions/README.md');
    const missing = decisions.filter(({ path, text }) => {
      const [, number, title] = /^# (\d{4}): (.+)$/m.exec(text) ?? [];
      return !index.includes(`| [${number}](${path.split('/').at(-1)}) | ${title} |`);
    });
    expect(missing.map(({ path }) => path)).toEqual([]);
  });
});
