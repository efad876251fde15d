/** A table whose rows are changed at random: the same for a seed, an epoch and a row, whatever batches it comes in. */
import { LlmcError } from '../../errors.ts';
import { seedFor, uniform } from '../../random.ts';
import type { Batch } from '../dataset.ts';
import type { HostTensor, TypedArray } from '../host-tensor.ts';
import type { RowTable } from '../row-table.ts';
import type { RowView } from './augmentation.ts';
import { isAttention } from './columns.ts';
import type { AugmentPlan, Planned } from './plan.ts';

/** LlmcError DATA for changes that no column of the table can undergo. */
export function augmented(table: RowTable, plan: AugmentPlan, epoch = 0): RowTable {
  for (const { augmentation } of plan.list) {
    const columns = table.columns.filter(augmentation.fits);
    const ragged = augmentation.mixes && columns.some(({ dims }) => dims.slice(1).includes(null));
    if (columns.length > 0 && !ragged) continue;
    const why = ragged ? 'rows of different sizes cannot be mixed' : `${table.name} has no column for that`;
    throw new LlmcError('DATA', `augment=${augmentation.name} does not apply: ${why}`, {
      hint: augmentation.summary,
    });
  }
  return {
    ...table,
    async rows(indices, columns) {
      const batch = await table.rows(indices, columns && withAttention(table, columns));
      for (const planned of plan.list)
        await change(batch, planned, { table, indices, seed: plan.seed, epoch });
      return batch;
    },
  };
}

interface Where {
  readonly table: RowTable;
  readonly indices: readonly number[];
  readonly seed: number;
  readonly epoch: number;
}

function withAttention(table: RowTable, columns: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...columns, ...table.columns.filter(isAttention).map(({ name }) => name)]);
}

async function change(batch: Batch, { augmentation, setting }: Planned, where: Where): Promise<void> {
  const { table, indices, seed, epoch } = where;
  const other = augmentation.mixes ? await partners(augmentation.name, where) : null;
  const attention = table.columns.find(isAttention);
  const attended = attention && batch.inputs[attention.name];
  const random = (index: number, column: string): (() => number) =>
    uniform(seedFor(`${augmentation.name}/${augmentation.together ? '' : column}/${epoch}/${index}`, seed));
  const all = (tensor: HostTensor, name: string, partner: HostTensor | undefined): void => {
    for (const [at, index] of indices.entries()) {
      const row: RowView = {
        dims: tensor.dims.slice(1),
        data: rowOf(tensor, at),
        attended: attended ? rowOf(attended, at) : null,
        partner: partner ? rowOf(partner, at) : null,
      };
      augmentation.apply(row, setting, random(index, name));
    }
  };
  for (const column of table.columns) {
    const tensor = batch.inputs[column.name];
    if (tensor && augmentation.fits(column)) all(tensor, column.name, other?.inputs[column.name]);
  }
  const { labels } = batch;
  if (augmentation.mixes && labels && /^float(32|64)$/.test(labels.dtype))
    all(labels, 'labels', other?.labels);
}

/** For every row another one to mix it with. */
function partners(name: string, { table, indices, seed, epoch }: Where): Promise<Batch> {
  const choose = (index: number): number =>
    Math.floor(uniform(seedFor(`${name}/partner/${epoch}/${index}`, seed))() * table.length);
  return table.rows(indices.map(choose));
}

function rowOf({ data, dims }: HostTensor, at: number): TypedArray {
  const size = data.length / (dims[0] ?? 1);
  // Augmentations do not apply to texts.
  return (data as TypedArray).subarray(at * size, (at + 1) * size);
}
