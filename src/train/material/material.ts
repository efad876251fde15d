/** What is trained on: full batches of rows, fitted to the student and to its teachers. */
import { DIGEST_BATCH, digestOfRows } from '../../data/digest.ts';
import { type Fit, fitDataset } from '../../data/fit.ts';
import type { HostTensor } from '../../data/host-tensor.ts';
import { openDataset, parseDataSpec } from '../../data/open.ts';
import type { ValueInfo } from '../../data/value-info.ts';
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import type { Feeds } from '../../runtime/feeds.ts';

export interface TrainingBatch {
  readonly student: Feeds;
  /** One for each teacher. */
  readonly teachers: readonly Feeds[];
  readonly labels: HostTensor | null;
  /** Positions of the rows in the data: the same row has the same position in every epoch. */
  readonly rows: readonly number[];
}

export interface Material {
  readonly name: string;
  readonly rows: number;
  /** Rows in a batch; a ragged last one is left out. */
  readonly batch: number;
  readonly stepsPerEpoch: number;
  readonly hasLabels: boolean;
  readonly notes: readonly string[];
  /** True when a row is the same in all epochs and batches, so that a teacher need see it only once. */
  readonly constant: boolean;
  /** Of the rows as the teachers see them; reads them all once. */
  digest(): Promise<string>;
  epoch(number: number): AsyncIterable<TrainingBatch>;
}

/** The graph inputs of a model as sessions state them. */
export function inputsOf(model: Model): ValueInfo[] {
  return model.graph.inputs
    .filter((input) => !input.tensor)
    .map(({ name, type }) => ({
      name,
      dtype: type?.dtype ?? 'float32',
      dims: [...(type?.shape ?? [])],
    }));
}

export interface MaterialOptions {
  readonly data: string;
  readonly batch: number;
  /** Of the order of rows; null for the stored order in every epoch. */
  readonly seed: number | null;
}

/** @throws LlmcError DATA when the data does not fit one of the models or is less than a batch, USAGE for generated data */
export async function openMaterial(
  { data, batch, seed }: MaterialOptions,
  student: readonly ValueInfo[],
  teachers: readonly (readonly ValueInfo[])[],
): Promise<Material> {
  const spec = parseDataSpec(data);
  const dataset = await openDataset(spec);
  if (!dataset)
    throw new LlmcError('USAGE', 'nothing can be learned from generated inputs', {
      hint: 'give data with --data; labels are not needed when there is a teacher',
    });
  const fits = [student, ...teachers].map((inputs) => fitDataset(dataset, inputs, batch, batch));
  const [own, ...others] = fits;
  if (!own) throw new Error('there is a student');
  const size = own.batchSize;
  if (dataset.length < size)
    throw new LlmcError('DATA', `${dataset.name} has ${dataset.length} rows, a batch wants ${size}`, {
      hint: 'use a smaller --batch',
    });
  const usedBy = (some: readonly Fit[]): Set<string> =>
    new Set(
      dataset.columns
        .map(({ name }) => name)
        .filter((name) => some.some(({ ignored }) => !ignored.includes(name))),
    );
  // The columns of all models: each fit asks for its own only.
  const columns = usedBy(fits);
  return {
    name: dataset.name,
    rows: dataset.length,
    batch: size,
    stepsPerEpoch: Math.floor(dataset.length / size),
    hasLabels: dataset.hasLabels,
    notes: [...new Set(fits.flatMap(({ notes }) => notes))],
    constant:
      !spec.options.has('augment') &&
      dataset.columns.every(({ dims, shared }) => shared || !dims.includes(null)),
    // As an epoch: what is read now is not read again in the first one.
    digest: () =>
      digestOfRows(
        dataset.batches({ size: DIGEST_BATCH, columns, epoch: { number: 0, seed: null } }),
        usedBy(others),
      ),
    async *epoch(number) {
      for await (const batch of dataset.batches({ size, columns, epoch: { number, seed } })) {
        if (batch.size < size) return;
        yield {
          student: own.feeds(batch),
          teachers: others.map((fit) => fit.feeds(batch)),
          labels: batch.labels ?? null,
          rows: batch.rows ?? [],
        };
      }
    },
  };
}
