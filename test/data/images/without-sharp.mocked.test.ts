/** Where sharp is not installed, images say what to do about it. */
import { writeFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { openDataset, parseDataSpec } from '../../../src/data/open.ts';
import { Folder } from '../../support/folder.ts';

vi.mock('sharp', () => {
  throw new Error('not installed');
});

const folder = new Folder('without-sharp');

it('is a hint, not a stack', async () => {
  writeFileSync(folder.at('a.png'), 'whatever');
  await expect(openDataset(parseDataSpec(folder.at('a.png')))).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    exitCode: 2,
    hint: 'npm install sharp',
  });
});
