/** docs/reference/api.md is of use: whatever can be called says what it is for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './markdown.ts';

const page = readFileSync(join(ROOT, 'docs/reference/api.md'), 'utf8');
const functions = /^## Functions\n([\s\S]*?)^## /m.exec(page)?.[1] ?? '';
const entries = functions
  .split(/^### /m)
  .slice(1)
  .map((entry) => ({ name: entry.split('\n')[0] ?? '', text: entry.split('\n')[2] ?? '' }));

describe('docs/reference/api.md', () => {
  it.for(entries)('$name says what it does before what may go wrong', ({ text }) => {
    expect(text).toMatch(/^[A-Z`]/);
    expect(text).not.toMatch(/^(Throws|```)/);
  });

  it('has every function of src/index.ts that does what a command does', () => {
    const names = entries.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        ...['runStep', 'applyRecipe', 'tuneModel', 'reproduce', 'bench', 'compareModels', 'inspect'],
        ...['renderReport', 'compareReports', 'mergeReports', 'openDataset', 'provenanceOf', 'contextOf'],
      ]),
    );
  });
});
