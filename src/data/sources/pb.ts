/** `pb:model/`: folders with input_0.pb, output_0.pb, ... as ONNX stores what a model is tested with. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LlmcError } from '../../errors.ts';
import type { Column } from '../dataset.ts';
import { folderHolds } from '../files/folder-holds.ts';
import { type NamedTensor, readTensorFile } from '../formats/tensor-file.ts';
import type { HostTensor } from '../host-tensor.ts';
import { type DataSpec, wholeOption } from '../spec.ts';
import { stackRows } from '../stack-rows.ts';
import type { Source } from './source.ts';

export const pb: Source = {
  kind: 'pb',
  extensions: [],
  keys: { labels: 'number of the output_N.pb that holds the labels; default none' },
  needsPath: true,
  holds: (path) => basename(path).includes('*') || folderHolds(path, ['.pb']),
  async open(spec) {
    const sets = await setsOf(spec.path);
    const label = wholeOption(spec, 'labels');
    const columns = await columnsOf(sets, spec);
    const labelOf = async (set: string): Promise<HostTensor> =>
      stripped(await readTensorFile(join(set, `output_${label}.pb`)));
    return {
      name: basename(spec.path),
      length: sets.length,
      columns,
      hasLabels: label !== undefined,
      place: (index) => basename(sets[index] ?? ''),
      async rows(indices, wanted) {
        const chosen = indices.map((index) => sets[index] as string);
        const inputs: Record<string, HostTensor> = {};
        for (const [position, { name }] of columns.entries())
          if (wanted?.has(name) ?? true)
            inputs[name] = stackRows(
              await Promise.all(
                chosen.map(async (set) => stripped(await readTensorFile(join(set, inputFile(position))))),
              ),
            );
        if (label === undefined) return { inputs, size: indices.length };
        const labels = await Promise.all(chosen.map(labelOf));
        // Of one run: as the model's output is, which has no axis for runs either.
        const [only] = labels;
        return {
          inputs,
          size: indices.length,
          labels: only && labels.length === 1 ? only : stackRows(labels),
        };
      },
    };
  },
};

const inputFile = (position: number): string => `input_${position}.pb`;

function stripped({ dtype, dims, data }: NamedTensor): HostTensor {
  return { dtype, dims, data };
}

/** Folders with an input_0.pb: this one, those of a pattern, or those inside; 10 comes behind 9. */
async function setsOf(path: string): Promise<string[]> {
  const [parent, pattern] = basename(path).includes('*') ? [dirname(path), basename(path)] : [path, '*'];
  const list = (folder: string) => readdir(folder, { withFileTypes: true }).catch(() => []);
  const entries = await list(parent);
  if (pattern === '*' && entries.some(({ name }) => name === inputFile(0))) return [parent];
  const wanted = new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`);
  const sets: string[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory() || !wanted.test(entry.name)) continue;
    const inside = await list(join(parent, entry.name));
    if (inside.some(({ name }) => name === inputFile(0))) sets.push(entry.name);
  }
  if (sets.length === 0)
    throw new LlmcError('FILE_NOT_FOUND', `no folder of ${path} holds an ${inputFile(0)}`, {
      hint: 'give a folder with test_data_set_0, test_data_set_1, ..., or one of these',
    });
  const order = new Intl.Collator('en', { numeric: true });
  return sets.sort(order.compare).map((name) => join(parent, name));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** One column for each input_N.pb; every set must have the same ones. */
async function columnsOf(sets: readonly string[], spec: DataSpec): Promise<Column[]> {
  const columns: Column[] = [];
  for (const set of sets) {
    const count = (await readdir(set)).filter((name) => /^input_\d+\.pb$/.test(name)).length;
    const first = columns.length === 0;
    if (!first && count !== columns.length)
      throw different(spec, set, `has ${count} inputs, the first one ${columns.length}`);
    for (let position = 0; position < count; position++) {
      const found = await readTensorFile(join(set, inputFile(position)));
      const known = columns[position];
      if (!known) columns.push(columnOf(found, position, sets.length));
      else
        columns[position] = merged(known, found, () =>
          different(spec, set, `has another kind of ${inputFile(position)}`),
        );
    }
  }
  return columns;
}

function columnOf({ name, dtype, dims }: NamedTensor, position: number, sets: number): Column {
  return {
    name: name || `input_${position}`,
    dtype,
    dims: [sets, ...dims],
    shared: false,
    isRun: true,
    position,
  };
}

function merged(column: Column, { dtype, dims }: NamedTensor, refuse: () => LlmcError): Column {
  const [sets = null, ...known] = column.dims;
  if (dtype !== column.dtype || dims.length !== known.length) throw refuse();
  return { ...column, dims: [sets, ...known.map((dim, axis) => (dim === dims[axis] ? dim : null))] };
}

function different(spec: DataSpec, set: string, why: string): LlmcError {
  return new LlmcError('DATA', `${spec.path}: ${basename(set)} ${why}`, {
    hint: 'all sets must be for the same model',
  });
}
