import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import { saveModel } from '../../src/onnx/write.ts';
import { useFolder } from './folder.ts';
import { counting, modelOver } from './weights.ts';

const folder = useFolder();

describe('a full disk', () => {
  it('leaves the old state and no litter', async (context) => {
    const disk = folder.at('disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'llmc-test', disk]);
    if (mounted.status !== 0)
      context.skip('a small file system cannot be mounted here; writer.test.ts injects the failure');
    try {
      writeFileSync(folder.at('disk/m.onnx'), 'old');
      for (const externalData of ['never', 'always'] as const) {
        const work = saveModel(modelOver([counting(3000), counting(3_000_000)]), folder.at('disk/m.onnx'), {
          protect: [],
          force: true,
          externalData,
        });
        const error = await work.catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(LlmcError);
        expect(error).toMatchObject({ code: 'WRITE_FAILED', exitCode: 2 });
        expect((error as LlmcError).message).toMatch(/the disk is full/);
        const listing = spawnSync('ls', ['-A', disk], { encoding: 'utf8' }).stdout;
        expect(listing).toBe('m.onnx\n');
        expect(readFileSync(folder.at('disk/m.onnx'), 'utf8')).toBe('old');
      }
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});
