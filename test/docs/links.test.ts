import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchors, pages, prose, ROOT } from './markdown.ts';

// docs/map.md lists every source file and is held current by `node scripts/docs.mjs --check`.
const all = pages('README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'docs', 'fixtures', 'test').filter(
  ({ path }) => path !== 'docs/map.md',
);

/** What is wrong with a link, or null. */
function broken(page: string, text: string, target: string): string | null {
  if (/^[a-z]+:/.test(target)) return null;
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? page : posix.normalize(posix.join(posix.dirname(page), file));
  if (path.startsWith('..')) return `${target} leaves the repository`;
  if (file !== '' && !existsSync(join(ROOT, path))) return `${target} does not exist`;
  if (anchor === undefined || !path.endsWith('.md')) return null;
  const there = file === '' ? text : readFileSync(join(ROOT, path), 'utf8');
  return anchors(there).has(anchor) ? null : `${target} names no heading`;
}

describe.for(all)('$path', ({ path, text }) => {
  it('links to what exists', () => {
    const targets = Array.from(prose(text).matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target);
    expect(targets.map((target) => broken(path, text, target)).filter((what) => what !== null)).toEqual([]);
  });
});

it('notices links to nowhere', () => {
  expect(broken('docs/a.md', '# One', '../missing.md')).not.toBeNull();
  expect(broken('docs/a.md', '# One', '../../elsewhere.md')).not.toBeNull();
  expect(broken('docs/a.md', '# One thing', '#two')).not.toBeNull();
  expect(broken('docs/a.md', '# One thing', '#one-thing')).toBeNull();
});
