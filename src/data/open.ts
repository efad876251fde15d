/** Opens a data spec: the dataset it names, or the request for generated inputs. */
import { ARRANGE_KEYS, arrange } from './arrange.ts';
import type { Dataset } from './dataset.ts';
import { sources } from './sources/table.ts';
import { type DataSpec, type KindInfo, parseSpec } from './spec.ts';

/** Generated inputs need the model, so this kind has no source of its own; runtime/inputs.ts makes them. */
export const syntheticKind: KindInfo = {
  kind: 'synthetic',
  extensions: [],
  keys: { rows: 'how many rows to generate' },
  needsPath: false,
};

export const dataKinds: readonly KindInfo[] = [
  ...sources.map((source) => ({ ...source, keys: { ...source.keys, ...ARRANGE_KEYS } })),
  syntheticKind,
];

/** The parsed spec; LlmcError DATA for unknown kinds and options. */
export function parseDataSpec(text: string): DataSpec {
  return parseSpec(text, dataKinds);
}

/** The dataset a spec names; null for `synthetic`. */
export async function openDataset(spec: DataSpec): Promise<Dataset | null> {
  const source = sources.find((candidate) => candidate.kind === spec.kind);
  return source === undefined ? null : arrange(await source.open(spec), spec);
}
