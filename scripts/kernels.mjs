// Compiles scripts/kernels/simd.ts into src/numeric/simd-bytes.ts. ASC names the bin/asc.js of assemblyscript 0.28.20.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'scripts', 'kernels');
const compiler = process.env['ASC'];
if (!compiler) {
  console.error('set ASC to the bin/asc.js of assemblyscript 0.28.20 (npm install it in another folder)');
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
const output = join(folder, 'simd.wasm');
const args = [compiler, 'simd.ts', '--config', 'asconfig.json', '-o', output];
const { status } = spawnSync(process.execPath, args, { cwd: sources, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
const lines = readFileSync(output)
  .toString('base64')
  .match(/.{1,100}/g);
rmSync(folder, { recursive: true });
const hash = createHash('sha256')
  .update(readFileSync(join(sources, 'simd.ts')))
  .digest('hex');
const text = `/** WebAssembly of scripts/kernels/simd.ts in base64, written by scripts/kernels.mjs. */

/** SHA-256 of the source the module was compiled from. */
export const SIMD_SOURCE = '${hash}';

/** The module; \`+\` joins lines. */
export const SIMD_BYTES =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
writeFileSync(join(root, 'src', 'numeric', 'simd-bytes.ts'), text);
