/** Generates docs/map.md and the pages of docs/reference from the built code. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiReference } from './api-reference.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { cliReference } = await import('../dist/cli/reference.js');
const { commands } = await import('../dist/cli/table.js');
const { dataKinds } = await import('../dist/data/open.js');
const { dataReference } = await import('../dist/data/reference.js');
const { operatorsMarkdown } = await import('../dist/ops/reference.js');
const { renderJson } = await import('../dist/report/json.js');
const { recipeJsonSchema } = await import('../dist/recipe/json-schema.js');
const { reportJsonSchema } = await import('../dist/report/json-schema.js');

const pages = {
  'docs/map.md': map(),
  'docs/reference/api.md': apiReference(new URL('..', import.meta.url)),
  'docs/reference/cli.md': cliReference(commands.map(({ spec }) => spec)),
  'docs/reference/data.md': dataReference(dataKinds),
  'docs/reference/operators.md': operatorsMarkdown(),
  'docs/reference/report.schema.json': renderJson(reportJsonSchema()),
  'docs/reference/recipe.schema.json': renderJson(recipeJsonSchema()),
};

const stale = Object.entries(pages).filter(([path, text]) => current(path) !== text);
if (process.argv.includes('--check')) {
  for (const [path] of stale) console.error(`stale: ${path}; run \`npm run build && node scripts/docs.mjs\``);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`wrote ${path}`);
  }
}

function current(path) {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return null;
  }
}

/** One line per source file: the first sentence of its doc comment. */
function map() {
  const lines = ['# Map', '', 'One line per source file, from its first comment. Generated; do not edit.'];
  for (const folder of folders('src')) {
    const files = readdirSync(join(root, folder)).filter((name) => name.endsWith('.ts'));
    if (files.length === 0) continue;
    lines.push('', `## ${folder}`, '');
    for (const name of files.sort()) {
      const path = posix.join(folder, name);
      lines.push(`- [${name}](../${path}): ${firstSentence(path)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function folders(folder) {
  const inner = readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const names = inner.map(({ name }) => name).sort();
  return [folder, ...names.flatMap((name) => folders(posix.join(folder, name)))];
}

function firstSentence(path) {
  const text = readFileSync(join(root, path), 'utf8');
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1];
  if (comment === undefined) throw new Error(`${path} does not begin with a doc comment`);
  const plain = comment
    .replace(/^\s*\*\s?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
  return /^.*?[.!?](?=\s+[A-Z`]|$)/.exec(plain)?.[0] ?? plain;
}
