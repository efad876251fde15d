/** What results depend on beside their inputs: versions, the machine, the seed. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment } from '../runtime/environment.ts';
import type { Context } from '../step.ts';
import { sha256Of } from './inputs.ts';

export interface Surroundings {
  readonly llmc: string;
  /** Of the code itself: development builds share a version. */
  readonly build: string;
  readonly onnxruntime: string;
  readonly platform: string;
  readonly instructionSets: readonly string[];
  readonly seed: number;
  readonly threads: number;
}

export async function surroundingsOf(version: string, { seed, threads }: Context): Promise<Surroundings> {
  const { onnxruntime, platform, instructionSets } = await environment();
  return { llmc: version, build: buildOf(), onnxruntime, platform, instructionSets, seed, threads };
}

let known: string | undefined;

/** Names, sizes and times of all files of the program: packages from a registry always have the same. */
function buildOf(): string {
  known ??= sha256Of(listing(fileURLToPath(new URL('..', import.meta.url))));
  return known;
}

function listing(folder: string): [string, number, number][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[jt]s$/.test(entry.name))
    .map((entry): [string, number, number] => {
      const path = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = statSync(path);
      return [path.slice(folder.length), size, Math.round(mtimeMs)];
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
