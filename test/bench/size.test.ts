import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { measureSize } from '../../src/onnx/model-size.ts';
import { uniform } from '../../src/random.ts';

it('adds up the model file and its data files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'llmc-test-'));
  try {
    const next = uniform(3);
    const parts = [1000, 3_000_000, 0].map((length) =>
      Buffer.from(Array.from({ length }, () => Math.floor(next() * 4))),
    );
    const files = parts.map((_, index) => join(folder, `part${index}`));
    for (const [index, file] of files.entries()) await writeFile(file, parts[index] as Buffer);
    const all = Buffer.concat(parts);
    let seen = 0;
    const size = await measureSize(files, {
      gzip: true,
      onBytes: (count) => {
        seen += count;
      },
    });
    expect(size.sizeBytes).toBe(all.length);
    expect(seen).toBe(all.length);
    expect(size.sha256).toBe(createHash('sha256').update(all).digest('hex'));
    expect(size.gzipBytes).toBe(gzipSync(all, { level: 6 }).length);
    expect(await measureSize(files, { gzip: false })).toEqual({ ...size, gzipBytes: null });
  } finally {
    await rm(folder, { recursive: true });
  }
});
