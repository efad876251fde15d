/** Writes the reference page of the command line from the command table. */
import { metrics } from '../data/metrics/table.ts';
import type { OptionTable } from '../options/option.ts';
import type { CommandSpec } from './command.ts';
import { commonOptions } from './common-options.ts';
import { describe } from './program.ts';

const EXITS: readonly (readonly [number, string])[] = [
  [0, 'done'],
  [1, 'a requirement was not met (the report is still written), or a result fell apart and was refused'],
  [2, 'wrong use or unreadable input: one message with its code and a hint'],
  [70, 'a bug in llmc, shown with its stack'],
  [130, 'interrupted; nothing partial is left behind'],
];

/** docs/reference/cli.md. */
export function cliReference(specs: readonly CommandSpec[]): string {
  const lines = [
    '# Command line',
    '',
    'Generated from the tables that the parser itself reads; do not edit.',
    '',
    '| command | does |',
    '| :-- | :-- |',
    ...specs.map((spec) => `| [${code(usage(spec))}](#llmc-${spec.name}) | ${cell(spec.summary)} |`),
    ...specs.flatMap(section),
    '',
    '## Options of every command',
    '',
    ...optionTable(commonOptions),
    '',
    'A report file may replace an earlier report of llmc; any other file only with `--force`.',
    '',
    '## Metrics',
    '',
    'What `--metric` takes; without it, those are computed that are marked and suit outputs and labels.',
    '',
    ...metricTable(),
    '',
    '## Exit codes',
    '',
    '| code | meaning |',
    '| --: | :-- |',
    ...EXITS.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    'With `--json` stdout holds one document whatever happens: the result, or, where a command ended before it had one,',
    'the error that stderr tells as text:',
    '',
    '```json',
    '{ "version": 1, "error": { "code": "FILE_NOT_FOUND", "message": "...", "hint": "..." } }',
    '```',
  ];
  return `${lines.join('\n')}\n`;
}

function metricTable(): string[] {
  const rows = metrics.map(({ name, summary, automatic, parameters = {} }) => {
    const taken = Object.entries(parameters).map(([key, value]) => code(`${key}=${value}`));
    return `| ${code(name)} | ${cell(summary)} | ${taken.join(' ')} | ${automatic ? 'yes' : ''} |`;
  });
  return [
    '| metric | is | parameters, as they are without | unasked |',
    '| :-- | :-- | :-- | :-- |',
    ...rows,
  ];
}

function section(spec: CommandSpec): string[] {
  const operands = Object.entries(spec.operands);
  return [
    '',
    `## llmc ${spec.name}`,
    '',
    `${spec.summary}.`,
    '',
    '```sh',
    usage(spec),
    '```',
    ...(operands.length > 0
      ? ['', ...operands.map(([name, item]) => `- \`${name}\`: ${describe(item)}`)]
      : []),
    ...(Object.keys(spec.options).length > 0 ? ['', ...optionTable(spec.options)] : []),
    '',
    'Examples:',
    '',
    '```sh',
    ...spec.examples.flatMap(({ run, does }) => [`# ${does}`, run]),
    '```',
  ];
}

function usage(spec: CommandSpec): string {
  const words = Object.entries(spec.operands).map(([name, { many, required }]) => {
    const inner = many ? `${name}...` : name;
    return required ? `<${inner}>` : `[${inner}]`;
  });
  return ['llmc', spec.name, ...words].join(' ');
}

function optionTable(table: OptionTable): string[] {
  const rows = Object.values(table).flatMap(({ forms, choices, shownDefault }) =>
    forms.map(({ flags, description }, index) => {
      const facts = index === forms.length - 1 ? { choices, shownDefault } : {};
      return `| ${code(flags)} | ${cell(describe({ description, ...facts }))} |`;
    }),
  );
  return ['| option | meaning |', '| :-- | :-- |', ...rows];
}

/** Text of a table cell: no cell border, nothing that reads as HTML. */
function cell(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/</g, '&lt;');
}

/** Code of a table cell; angle brackets stand for themselves there. */
function code(text: string): string {
  return `\`${text.replace(/\|/g, '\\|')}\``;
}
