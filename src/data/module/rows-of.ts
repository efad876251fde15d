/** The rows of what a module yields: one, or a batch of them. */
import { LlmcError } from '../../errors.ts';
import { sliceRows } from '../formats/npy-array.ts';
import { type Found, toTensor } from './to-tensor.ts';

export const HINT = 'yield { inputs: { name: values }, labels } for a row, and with rows: 8 for a batch of 8';

/** Cannot be the name of an input. */
export const LABELS = '\0labels';

export type Row = ReadonlyMap<string, Found>;

interface Origin {
  readonly path: string;
  /** What bare values feed. */
  readonly input: string;
}

/** One row, or those of a batch. LlmcError DATA with the row it would become. */
export function rowsOf(item: unknown, spec: Origin, at: number): Row[] {
  const { inputs, labels, rows } = partsOf(item, spec);
  const found = new Map<string, Found>();
  for (const [name, value] of [...inputs, ...(labels === undefined ? [] : [[LABELS, labels] as const])])
    found.set(name, tensorOf(value, `${spec.path}, row ${at}: ${name === LABELS ? 'labels' : `"${name}"`}`));
  if (rows === undefined) return [found];
  const other = [...found].find(([, { tensor }]) => tensor.dims[0] !== rows);
  if (other)
    throw new LlmcError(
      'DATA',
      `${spec.path}, row ${at}: "${other[0].replace('\0', '')}" is [${other[1].tensor.dims.join(',')}], a batch of ${rows} rows was told`,
      { hint: 'in a batch, axis 0 of everything is the row' },
    );
  return Array.from(
    { length: Number(rows) },
    (_, index) => new Map([...found].map(([name, each]) => [name, rowOf(each, index)])),
  );
}

function rowOf({ tensor, untyped }: Found, index: number): Found {
  const row = sliceRows(tensor, index, index + 1);
  return { tensor: { ...row, dims: row.dims.slice(1) }, untyped };
}

interface Parts {
  readonly inputs: readonly (readonly [string, unknown])[];
  readonly labels: unknown;
  readonly rows: unknown;
}

function partsOf(item: unknown, spec: Origin): Parts {
  const isObject =
    typeof item === 'object' && item !== null && !Array.isArray(item) && !ArrayBuffer.isView(item);
  if (!isObject || !('inputs' in item))
    return { inputs: [[spec.input, item]], labels: undefined, rows: undefined };
  const { inputs, labels, rows } = item as Readonly<Record<string, unknown>>;
  const plain =
    typeof inputs === 'object' && inputs !== null && !Array.isArray(inputs) && !ArrayBuffer.isView(inputs);
  const named: [string, unknown][] =
    plain && !('data' in inputs) ? Object.entries(inputs) : [[spec.input, inputs]];
  return { inputs: named, labels, rows };
}

function tensorOf(value: unknown, where: string): Found {
  try {
    return toTensor(value);
  } catch (cause) {
    throw new LlmcError('DATA', `${where}: ${(cause as Error).message}`, { hint: HINT, cause });
  }
}
