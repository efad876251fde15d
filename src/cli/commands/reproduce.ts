/** `llmc reproduce`: is this model what it says it is? */
import { dirname, resolve } from 'node:path';
import { EXIT } from '../../errors.ts';
import { withStore } from '../../library/work-folder.ts';
import { provenanceText } from '../../recipe/provenance.ts';
import { type Reproduced, reproduce } from '../../recipe/reproduce.ts';
import type { Handler } from '../command.ts';
import type { reproduceSpec } from './reproduce.options.ts';

export const run: Handler<typeof reproduceSpec> = async ({ operands, options }, io) => {
  const file = operands.model;
  const folders = [...new Set([dirname(file), '.', ...options.in].map((folder) => resolve(folder)))];
  const fresh = { cache: undefined, keep: false, cacheSize: undefined };
  const result = await withStore(fresh, io, (store, index) =>
    reproduce(
      { file, folders, store, index, version: io.tool.version, output: options.output ?? null },
      io.context,
    ),
  );
  io.output(result, () => text(file, result));
  return result.same ? EXIT.ok : EXIT.unmet;
};

function text(file: string, { same, made, circumstances, differences }: Reproduced): string {
  return [
    `made by ${provenanceText(made)}`,
    ...circumstances,
    same ? `the same bytes as ${file}` : `NOT the same as ${file}:`,
    ...differences.map((line) => `  ${line}`),
    '',
  ].join('\n');
}
