/** Writes the reference page of data specs from the table of kinds. */
import type { KindInfo } from './spec.ts';

const HEAD = `# Data specs

\`[kind:]path[?key=value&...]\`, as \`--data\` takes them; quote them in a shell. The kind may be left out where the ending of
the file tells it. Values may be percent-encoded (\`%26\` is an ampersand). Paths in options are relative to the current
folder. Generated; do not edit. A guide with examples is [guides/data.md](../guides/data.md).
`;

/** Markdown: the options all kinds share, then those of each kind. */
export function dataReference(kinds: readonly KindInfo[]): string {
  const [first = { keys: {} }, ...others] = kinds.filter(({ needsPath }) => needsPath);
  const common = Object.entries(first.keys).filter(([key, meaning]) =>
    others.every(({ keys }) => keys[key] === meaning),
  );
  const parts = kinds.map(({ kind, extensions, keys }) => {
    const own = Object.entries(keys).filter(([key]) => !common.some(([shared]) => shared === key));
    const endings = extensions.map((extension) => `\`${extension}\``).join(' ');
    return `\n## ${kind}\n\n${endings === '' ? '' : `Endings: ${endings}\n\n`}${table(own)}`;
  });
  return `${HEAD}\n## All kinds that are read\n\n${table(common)}${parts.join('')}`;
}

function table(keys: readonly (readonly [string, string])[]): string {
  const rows = keys.map(([key, meaning]) => `| \`${key}\` | ${meaning.replaceAll('|', '\\|')} |`);
  return rows.length === 0
    ? 'No options of its own.\n'
    : `| key | meaning |\n| --- | --- |\n${rows.join('\n')}\n`;
}
