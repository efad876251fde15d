/** The rules of the house that a compiler cannot check: imports go down, borders hold, files stay small. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { operators } from '../src/ops/table.ts';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Folders from low to high; those of one row never import each other. */
const ROWS = [
  'numeric report',
  'ir options',
  'onnx ops',
  'data',
  'runtime',
  'passes',
  'probe',
  'train',
  'quantize prune bench convert compare inspect',
  'distill cache',
  'steps',
  'recipe',
  'tune',
  'library',
  'cli',
] as const;
const ROW = new Map(ROWS.flatMap((names, row) => names.split(' ').map((name) => [name, row] as const)));

/** Root modules that every folder may import; they import nothing but each other. */
const ROOT = new Set(['errors.ts', 'step.ts', 'random.ts', 'cleanup.ts', 'folder.ts', 'index.ts']);

/** Packages with one home each. */
const HOMES: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'runtime',
  'onnxruntime-common': 'runtime',
  'onnxruntime-web': 'runtime',
  protobufjs: 'onnx',
  yaml: 'recipe',
  commander: 'cli',
  chalk: 'cli',
  'cli-progress': 'cli',
  '@huggingface/tokenizers': 'data',
  'csv-parse': 'data',
  hyparquet: 'data',
  'hyparquet-compressors': 'data',
  sharp: 'data',
};

/** Where operators may be asked for by name, and why; everywhere else facts of src/ops are asked. */
const NAMED: Readonly<Record<string, string>> = {
  'compare/suggest.ts': 'advice about the operators that llmc itself writes',
  'ir/formula.ts': 'one method writes one operator',
  'ops/': 'the facts themselves',
  'passes/': 'the patterns that are replaced',
  'probe/nodes.ts': 'one function writes two operators',
  'prune/recover/batch-norms.ts': 'the one operator with statistics of data',
  'prune/blocks/find.ts': 'a pattern: sums that end a block',
  'quantize/auto.ts': 'candidates, as on the command line',
  'quantize/dynamic/': 'rewriters of one operator each',
  'quantize/qat/': 'codes and what reads and writes them',
  'quantize/schemes/': 'which rewriter is for which operator',
  'quantize/static/parity/': 'the rules of another tool',
  'quantize/static/qoperator-layouts.ts': 'the inputs of operators that are written',
  'quantize/static/qoperator-move.ts': 'from which version on integers are taken',
  'quantize/transforms/moments.ts': 'a pattern: the norm whose statistics are known',
  'train/losses/': 'losses write what they are made of',
  'train/graph/scores.ts': 'a pattern: the softmax at the end',
  'runtime/matrix-engine.ts': 'models of its own with one operator each',
};
const OPERATORS: ReadonlySet<string> = new Set(operators.map(({ type }) => type));

interface SourceFile {
  /** Path under src with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

// `from '...'`, `import '...'`, `import('...')`: type-only imports count, they tie folders together as well.
const IMPORT = /\b(?:from|import)\s*\(?\s*'([^']+)'/g;

const files: SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => {
    const text = readFileSync(join(SRC, name), 'utf8');
    const imports = [...withoutComments(text).matchAll(IMPORT)].map((match) => match[1] ?? '');
    return { path: name.split(sep).join('/'), text, imports };
  })
  .sort((a, b) => (a.path < b.path ? -1 : 1));

function withoutComments(text: string): string {
  return text.replace(/^\s*(?:\/\*\*?[\s\S]*?\*\/|\/\/.*|\*.*)$/gm, '');
}

/** Operators that a text names other than to write a node: `op('Add', ...)` and `op: 'Add'` write one. */
function operatorsAsked(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const quoted = [...code.matchAll(/'([\w.]+)'/g)].filter(({ index }) => {
    const before = code.slice(Math.max(0, index - 200), index);
    const compared = /(?:===|!==|case|\[|\bhas\(|\bincludes\()\s*$/.test(before);
    return compared || !/\bop: $|\b(?:op|into|reduce)\([^;{}]*$/.test(before);
  });
  const keys = code.matchAll(/\b([A-Z]\w+): /g);
  return [...quoted, ...keys].map((match) => match[1] ?? '').filter((name) => OPERATORS.has(name));
}

function folderOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : '';
}

/** What is wrong with one relative import, or null. */
function upward(from: string, specifier: string): string | null {
  const target = posix.normalize(posix.join(posix.dirname(from), specifier));
  const [mine, theirs] = [folderOf(from), folderOf(target)];
  if (from === 'index.ts' || (theirs === '' && ROOT.has(target) && target !== 'index.ts')) return null;
  if (mine === theirs && mine !== '') return null;
  const [low, high] = [ROW.get(theirs), ROW.get(mine)];
  if (target.startsWith('..') || low === undefined || high === undefined || low >= high)
    return `${from} imports ${target}`;
  return null;
}

function packageOf(specifier: string): string {
  return specifier.startsWith('@')
    ? specifier.split('/').slice(0, 2).join('/')
    : (specifier.split('/')[0] ?? '');
}

describe('src', () => {
  it('has files in known folders only', () => {
    expect(files.length).toBeGreaterThan(50);
    const strangers = files.filter(({ path }) => !ROOT.has(path) && !ROW.has(folderOf(path)));
    expect(strangers.map(({ path }) => path)).toEqual([]);
  });

  it('imports downwards', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports.filter((name) => name.startsWith('.')).flatMap((name) => upward(path, name) ?? []),
    );
    expect(wrong).toEqual([]);
  });

  it('would notice an import upwards, sideways or out of src', () => {
    expect(upward('ir/graph.ts', '../onnx/read.ts')).not.toBeNull();
    expect(upward('quantize/step.ts', '../bench/bench.ts')).not.toBeNull();
    expect(upward('cli/main.ts', '../../test/x.ts')).not.toBeNull();
    expect(upward('cli/main.ts', '../index.ts')).not.toBeNull();
    expect(upward('errors.ts', './ir/graph.ts')).not.toBeNull();
    expect(upward('onnx/read.ts', '../ir/graph.ts')).toBeNull();
    expect(upward('onnx/read.ts', '../errors.ts')).toBeNull();
  });

  it('writes relative imports with their extension', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((name) => name.startsWith('.') && !name.endsWith('.ts'))
        .map((name) => `${path}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps each package in its home', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
        .filter((name) => (HOMES[packageOf(name)] ?? folderOf(path)) !== folderOf(path))
        .map((name) => `${path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('says in the first line of every file what the file is for', () => {
    const wrong = files.filter(({ text }) => !/^\/\*\*\s+\S[\s\S]*?\*\//.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('has no file above 300 lines', () => {
    const long = files
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > 300);
    expect(long).toEqual([]);
  });

  it('asks for operators by name in few places, each for a reason', () => {
    const wrong = files
      .filter(({ path }) => !Object.keys(NAMED).some((room) => path.startsWith(room)))
      .flatMap(({ path, text }) => operatorsAsked(text).map((name) => `${path}: ${name}`));
    expect(wrong).toEqual([]);
  });

  it('has no place for names of operators where none are', () => {
    const idle = Object.keys(NAMED).filter((room) =>
      files.every(({ path, text }) => !path.startsWith(room) || operatorsAsked(text).length === 0),
    );
    expect(idle).toEqual([]);
  });

  it('would notice an operator that is asked for', () => {
    for (const text of [
      "if (node.opType === 'Conv') return;",
      "const SKIPPED = new Set(['Conv']);",
      "const KIND = 'Conv';",
      'const INPUTS = { Conv: 1 };',
      "switch (node.op) { case 'Conv': return; }",
      "builder.op(node.op === 'Conv' ? a : b, [value]);",
    ])
      expect(operatorsAsked(text), text).toEqual(['Conv']);
    for (const text of [
      "builder.op('Conv', [value])",
      "emitter.into(\n 'Conv', [value])",
      "{ op: 'Conv' }",
      "// 'Conv'",
    ])
      expect(operatorsAsked(text), text).toEqual([]);
  });

  it('mocks modules in test files of that name alone; the others share a worker with its modules', () => {
    const tests = readdirSync(join(SRC, '../test'), { recursive: true, encoding: 'utf8' });
    const wrong = tests.filter(
      (name) =>
        name.endsWith('.test.ts') &&
        !name.endsWith('.mocked.test.ts') &&
        /\bvi\.(mock|doMock)\(/.test(readFileSync(join(SRC, '../test', name), 'utf8')) &&
        !name.startsWith('architecture'),
    );
    expect(wrong).toEqual([]);
  });

  it('has no default exports', () => {
    const wrong = files.filter(({ text }) => /^export default\b|\bas default\b/m.test(withoutComments(text)));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('takes random numbers from random.ts alone', () => {
    const wrong = files.filter(
      ({ path, text }) => path !== 'random.ts' && /Math\.random/.test(withoutComments(text)),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('prints nowhere outside cli, child processes that answer their parent aside', () => {
    const wrong = files.filter(
      ({ path, text }) =>
        folderOf(path) !== 'cli' &&
        !path.endsWith('-child.ts') &&
        /\bconsole\.|process\.(stdout|stderr)\b/.test(withoutComments(text)),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});
