/** Opens a data spec: the dataset it names, or the request for generated inputs. */
import { ARRANGE_KEYS, arrange } from './arrange.ts';
import { augmented } from './augment/augmented.ts';
import { AUGMENT_KEYS, augmentPlan } from './augment/plan.ts';
import type { Dataset } from './dataset.ts';
import { openAhead, workerScript } from './prefetch/client.ts';
import type { Source } from './sources/source.ts';
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
  ...sources.map((source) => ({ ...source, keys: { ...AUGMENT_KEYS, ...source.keys, ...ARRANGE_KEYS } })),
  syntheticKind,
];

/** The parsed spec; LlmcError DATA for unknown kinds and options. */
export function parseDataSpec(text: string): DataSpec {
  return parseSpec(text, dataKinds);
}

/**
 * The dataset a spec names; null for `synthetic`. What takes work to read is read by a thread, ahead of whoever asks;
 * sources run from TypeScript (tests) have no compiled thread of the same state and read where they are.
 */
export async function openDataset(spec: DataSpec): Promise<Dataset | null> {
  const script = sourceOf(spec)?.costly && !import.meta.url.endsWith('.ts') ? workerScript() : null;
  return script ? openAhead(spec, script) : openHere(spec);
}

/** The same without a thread. */
export async function openHere(spec: DataSpec): Promise<Dataset | null> {
  const source = sourceOf(spec);
  if (source === undefined) return null;
  const plan = augmentPlan(spec, source.keys);
  const table = await source.open(spec);
  if (!plan) return arrange(table, spec);
  augmented(table, plan);
  return arrange(table, spec, (source, epoch) => augmented(source, plan, epoch));
}

function sourceOf(spec: DataSpec): Source | undefined {
  return sources.find((candidate) => candidate.kind === spec.kind);
}
