/** `./my-data.mjs`: rows that JavaScript makes; naming the file runs its code. */
import { basename } from 'node:path';
import { LlmcError } from '../../errors.ts';
import { castTensor } from '../cast.ts';
import type { HostTensor } from '../host-tensor.ts';
import { RowStore } from '../module/row-store.ts';
import { LABELS, rowsOf } from '../module/rows-of.ts';
import { importDefault, itemsOf } from '../module/run.ts';
import { Shapes } from '../module/shapes.ts';
import type { RowTable } from '../row-table.ts';
import { type DataSpec, positiveOption, wholeOption } from '../spec.ts';
import { stackRows } from '../stack-rows.ts';
import { ONLY_INPUT, type Source } from './source.ts';

export const module: Source = {
  kind: 'module',
  extensions: ['.mjs', '.cjs', '.js'],
  keys: { input: 'graph input that bare values feed, default the only one' },
  needsPath: true,
  open(spec) {
    const key = `${spec.path}\0${spec.options.get('input') ?? ''}\0${rowsNeeded(spec)}`;
    const known = tables.get(key);
    if (known) return known;
    const made = readAll(spec);
    tables.set(key, made);
    // What failed may be tried again.
    made.catch(() => tables.delete(key));
    return made;
  },
};

/** A generator can be run through only once, and what it computes may take long. */
const tables = new Map<string, Promise<RowTable>>();

/** Rows after which nobody looks: all, when they are shuffled or split. */
function rowsNeeded(spec: DataSpec): number {
  const limit = positiveOption(spec, 'limit');
  const whole = limit === undefined || spec.options.has('shuffle') || spec.options.has('split');
  return whole ? Number.POSITIVE_INFINITY : limit + (wholeOption(spec, 'skip') ?? 0);
}

/** More rows do not fit into the memory of a process; a module that goes on and on has no last one. */
const MOST_ROWS = 4_000_000;
const PAUSE_MS = 50;

function endless(path: string): LlmcError {
  return new LlmcError('DATA', `${path} has given ${MOST_ROWS.toLocaleString('en')} rows and has more`, {
    hint: `say how many are to be read: ${path}?limit=1000`,
  });
}

async function readAll(spec: DataSpec): Promise<RowTable> {
  const store = new RowStore();
  const shapes = new Shapes(spec.path);
  const most = rowsNeeded(spec);
  const input = spec.options.get('input') ?? ONLY_INPUT;
  let paused = performance.now();
  for await (const item of itemsOf(spec.path, await importDefault(spec.path))) {
    for (const row of rowsOf(item, { path: spec.path, input }, store.length)) {
      shapes.add(row, store.length);
      store.add(Object.fromEntries([...row].map(([name, { tensor }]) => [name, tensor])));
    }
    if (store.length >= most) break;
    if (store.length > MOST_ROWS) throw endless(spec.path);
    // A module that never waits would keep signals from being heard.
    if (performance.now() - paused > PAUSE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      paused = performance.now();
    }
  }
  const columns = shapes.columns(store.length);
  const stacked = (indices: readonly number[], name: string): HostTensor =>
    stackRows(indices.map((index) => store.get(index, name) as HostTensor));
  const hasLabels = columns.some(({ name }) => name === LABELS);
  const labels = (indices: readonly number[]): HostTensor => {
    const found = stacked(indices, LABELS);
    return shapes.wholeLabels ? castTensor(found, 'int64', 'labels') : found;
  };
  const inputs = columns.filter(({ name }) => name !== LABELS);
  return {
    name: basename(spec.path),
    length: store.length,
    columns: inputs,
    hasLabels,
    async rows(indices, wanted) {
      const names = inputs.map(({ name }) => name).filter((name) => wanted?.has(name) ?? true);
      return {
        inputs: Object.fromEntries(names.map((name) => [name, stacked(indices, name)])),
        size: indices.length,
        ...(hasLabels && { labels: labels(indices) }),
      };
    },
  };
}
