/** The options every command has. */
import type { OptionValues } from '../options/option.ts';
import { flag, integer, list, switchOff } from '../options/option-types.ts';

export const commonOptions = {
  json: flag('--json', 'print one JSON document on stdout; everything else goes to stderr'),
  report: list(
    '--report <file>',
    'write the report to a file, format by extension: .html .json .md .txt .xml (repeatable)',
    'file',
  ),
  require: list('--require <expression>', 'exit with 1 unless it holds, e.g. "size <= 25MB" (repeatable)'),
  seed: integer('--seed <n>', 'seed of everything random', { fallback: 0, min: 0, max: 2 ** 32 - 1 }),
  threads: integer('--threads <n>', 'threads of onnxruntime and of llmc', {
    fallback: 0,
    min: 0,
    max: 1024,
    shown: '0, the runtime chooses',
  }),
  force: flag('--force', 'allow overwriting existing files (never the input)'),
  quiet: flag('--quiet', 'no progress and no notes'),
  verbose: flag('--verbose', 'list everything instead of the first few'),
  color: switchOff('--no-color', 'no colours (as does the variable NO_COLOR)'),
} as const;

export type CommonOptions = OptionValues<typeof commonOptions>;
