/** docs/reference/api.md: what src/index.ts offers, from the declarations that are built of it. */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** Sections in order, by the keyword of a declaration. */
const SECTIONS = [
  ['Functions', /^function$/],
  ['Classes', /^class$/],
  ['Values', /^const$/],
  ['Types', /^(interface|type)$/],
];

const INTRO = `What \`import { ... } from 'llmc-onnx'\` offers. Functions that do work take a context last, which \`contextOf\` makes: who
hears of progress, who may stop it, seed and threads. Runnable programs are in [docs/examples](../examples). Generated; do
not edit.`;

/** Declarations longer than this are named only: schemas whose types are spelled out. */
const MOST_LINES = 60;

/** @param root URL of the repository, built */
export function apiReference(root) {
  const read = (path) => readFileSync(new URL(path, root), 'utf8');
  const found = exportsOf(read('src/index.ts')).map(({ name, as, from }) => {
    const text = read(posix.join('dist', from.replace(/\.ts$/, '.d.ts')));
    return {
      as,
      from: posix.join('src', from),
      ...declarationOf(text, name, headOf(read(posix.join('src', from)))),
    };
  });
  const lines = ['# Library', '', INTRO];
  for (const [title, keyword] of SECTIONS) {
    const own = found.filter((each) => keyword.test(each.keyword)).sort((a, b) => (a.as < b.as ? -1 : 1));
    lines.push('', `## ${title}`);
    for (const { as, from, doc, code } of own) {
      lines.push('', `### ${as}`, '');
      if (doc !== '') lines.push(doc, '');
      lines.push('```ts', code, '```', '', `[${from}](../../${from})`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Every name of every `export { ... } from` line. */
function exportsOf(text) {
  const statements = text.matchAll(/export (?:type )?\{([^}]*)\} from '([^']+)'/g);
  return Array.from(statements, ([, names, from]) =>
    names
      .split(',')
      .map((each) => each.trim().replace(/^type /, ''))
      .filter((each) => each !== '')
      .map((each) => {
        const [name, as = name] = each.split(' as ');
        return { name, as, from };
      }),
  ).flat();
}

/** The comment a file begins with: it is about the file. */
function headOf(source) {
  return /^\/\*\*((?:(?!\*\/)[\s\S])*)\*\//.exec(source)?.[1] ?? '';
}

/** The declaration of a name with the comment right above it, unless that is the one of the file. */
function declarationOf(text, name, ofFile) {
  const head = new RegExp(
    `^export (?:declare )?(?:abstract )?(function|class|const|interface|type) ${name}\\b`,
    'm',
  );
  const match = head.exec(text);
  if (!match) throw new Error(`no declaration of ${name}`);
  const before = text.slice(0, match.index);
  const doc = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(before)?.[1] ?? '';
  const own = doc === ofFile ? '' : doc;
  return { keyword: match[1], doc: proseOf(own), code: codeOf(text.slice(match.index), match[1], name) };
}

/** A comment as Markdown: what it says, then what may go wrong. */
function proseOf(comment) {
  const plain = comment.replace(/^\s*\*\s?/gm, '').trim();
  const [said = '', ...tags] = plain.split(/^@/m);
  const lines = [
    said.replace(/\s+/g, ' ').trim(),
    ...tags.map((tag) => {
      const [, kind = '', rest = ''] = /^(\w+)\s+([\s\S]*)$/.exec(tag) ?? [];
      const words = rest.replace(/\s+/g, ' ').trim();
      return kind === 'throws'
        ? `Throws ${words}`
        : kind === 'param'
          ? words.replace(/^(\w+)/, '`$1`: ')
          : words;
    }),
  ];
  return lines
    .filter((line) => line !== '')
    .map((line) => line.replace(/</g, '&lt;').replace(/: {2}/g, ': '))
    .join('\n\n');
}

function codeOf(text, keyword, name) {
  const lines = text.replace(/^export (declare )?/, '').split('\n');
  const last = /[{]$/.test(lines[0]) ? lines.findIndex((line) => /^\}/.test(line)) : 0;
  const own = lines.slice(0, last + 1).filter((line) => !/^\s+#private;$/.test(line));
  const wide = keyword === 'const' && own.some((line) => line.includes('z.Zod'));
  if (wide || own.length > MOST_LINES)
    return wide ? `const ${name}: z.ZodType` : `${keyword} ${name} { /* ${own.length - 2} lines */ }`;
  return own.map((line) => line.replace(/^( {4})+/, (space) => ' '.repeat(space.length / 2))).join('\n');
}
