/** Weights that some of their users have as codes and others, by --include or --exclude, as floats: the file holds both. */
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs } from '../ir/walk.ts';
import { specOf } from '../ops/table.ts';
import type { Selection } from '../passes/selection.ts';
import { formatBytes } from '../report/units.ts';
import { type MatrixUse, usesThrough } from './constant-matrix.ts';

/** A weight about which the selection is of two minds. */
export interface Divided {
  readonly weight: Value;
  /** Everybody who reads it, through a Transpose or not. */
  readonly readers: ReadonlySet<Node>;
  /** Those that may have codes. */
  readonly selected: readonly Node[];
  /** Those that stay float, with the reason. */
  readonly floats: ReadonlyMap<Node, string>;
}

/** Ask before the scheme is applied. */
export function dividedWeights(model: Model, select: Selection): Divided[] {
  return [...allGraphs(model, { functions: false })].flatMap((graph) =>
    [...graph.initializers].flatMap((weight) => divided(weight, select) ?? []),
  );
}

function divided(weight: Value, select: Selection): Divided | null {
  if (!weight.tensor || weight.useCount === 0) return null;
  const uses = usesThrough(weight);
  if (uses.length < 2) return null;
  const users = [...new Set(uses.filter(isWeight).map(({ node }) => node))];
  const floats = new Map(
    users.flatMap((node) => {
      const reason = select(node);
      return reason === null ? [] : [[node, reason] as const];
    }),
  );
  const selected = users.filter((node) => !floats.has(node));
  if (floats.size === 0 || selected.length === 0) return null;
  return { weight, readers: new Set(uses.map(({ node }) => node)), selected, floats };
}

function isWeight({ node, index }: MatrixUse): boolean {
  const role = specOf(node)?.quant;
  return (role?.kind === 'compute' || role?.kind === 'lookup') && role.weights.includes(index);
}

/** Ask when the scheme was applied: a sentence for each weight that it left to some and replaced for others. */
export function notesOnStoredTwice(all: readonly Divided[]): string[] {
  return all.flatMap(({ weight, readers, selected, floats }) => {
    const now = new Set(usesThrough(weight).map(({ node }) => node));
    // A reader that was not there before makes what the selected ones need out of the floats.
    const served = [...now].some((node) => !readers.has(node));
    const replaced = selected.filter((node) => !now.has(node));
    const [kept] = [...floats].filter(([node]) => now.has(node));
    if (!weight.tensor || served || !kept || replaced.length === 0) return [];
    const size = formatBytes(weight.tensor.byteLength);
    const [node, reason] = kept;
    const other = replaced[0]?.label;
    return [
      `"${weight.name}" is stored twice, as codes for ${other} and as ${size} of floats for ${node.label} (${reason}): ` +
        'select both or neither to store it once',
    ];
  });
}
