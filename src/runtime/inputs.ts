/** The inputs a model is run on: batches of a dataset, or generated ones when there is none. */
import type { Dataset } from '../data/dataset.ts';
import { fitDataset } from '../data/fit.ts';
import type { HostTensor } from '../data/host-tensor.ts';
import { openDataset, parseDataSpec } from '../data/open.ts';
import { positiveOption } from '../data/spec.ts';
import type { ValueInfo } from '../data/value-info.ts';
import { type Feeds, type FindOptions, findFeeds } from './feeds.ts';
import type { Session } from './session.ts';

export interface InputBatch {
  readonly feeds: Feeds;
  readonly labels?: HostTensor;
  /** Rows that count. */
  readonly size: number;
  /** Rows in the feeds: more than `size` where the last row was repeated because the model's batch size is fixed. */
  readonly padded: number;
}

export interface ModelInputs {
  /** The graph inputs these feeds were made for. */
  readonly inputs: readonly ValueInfo[];
  readonly source: string;
  readonly synthetic: boolean;
  /** Rows in all. */
  readonly rows: number;
  readonly hasLabels: boolean;
  /** Columns of the data that no input wants. */
  readonly ignored: readonly string[];
  /** What of the data was not taken literally. */
  readonly notes: readonly string[];
  /** Sizes chosen for symbolic dims; empty with real data. */
  readonly bindings: Readonly<Record<string, number>>;
  /** The same batches in the same order every time, at most `limit` rows. */
  batches(limit?: number): AsyncIterable<InputBatch>;
}

export interface InputOptions extends FindOptions {
  /** A data spec; absent or `synthetic` means generated inputs. */
  readonly data?: string;
  /** Rows in a batch of data where neither the model nor `batch` says how many, fewer where rows are large; default 1. */
  readonly preferredBatch?: number;
  /** Rows to generate when there is no data; default 8 feeds. */
  readonly rows?: number;
}

/** Inputs for a session. LlmcError DATA when the data does not fit or no generated inputs run. */
export async function openInputs(session: Session, options: InputOptions = {}): Promise<ModelInputs> {
  const spec = parseDataSpec(options.data ?? 'synthetic');
  const dataset = await openDataset(spec);
  if (dataset !== null) return fromDataset(dataset, session, options);
  return generated(session, { ...options, ...rowsOption(positiveOption(spec, 'rows') ?? options.rows) });
}

function rowsOption(rows: number | undefined): { rows?: number } {
  return rows === undefined ? {} : { rows };
}

/** Elements of all inputs together that larger batches gain nothing from. */
const BATCH_ELEMENTS = 1 << 18;

function elementsPerRow({ columns }: Dataset): number {
  const own = columns.filter(({ shared }) => !shared);
  return own.reduce((sum, { dims }) => sum + dims.slice(1).reduce<number>((a, b) => a * (b ?? 1), 1), 1);
}

function fromDataset(given: Dataset, session: Session, options: InputOptions): ModelInputs {
  const preferred = Math.min(options.preferredBatch ?? 1, Math.ceil(BATCH_ELEMENTS / elementsPerRow(given)));
  const fit = fitDataset(given, session.inputs, options.batch, preferred);
  const { dataset } = fit;
  return {
    inputs: session.inputs,
    source: dataset.name,
    synthetic: dataset.synthetic,
    rows: dataset.length,
    hasLabels: dataset.hasLabels,
    ignored: fit.ignored,
    notes: fit.notes,
    bindings: {},
    async *batches(limit) {
      const request = { size: fit.batchSize, ...(limit === undefined ? {} : { limit }) };
      for await (const batch of dataset.batches(request)) {
        const { labels, size } = batch;
        const padded = fit.padded ? fit.batchSize : size;
        yield { feeds: fit.feeds(batch), size, padded, ...(labels === undefined ? {} : { labels }) };
      }
    },
  };
}

async function generated(session: Session, options: InputOptions): Promise<ModelInputs> {
  const plan = await findFeeds((feeds) => session.run(feeds), session.inputs, options);
  const count = options.rows === undefined ? 8 : Math.ceil(options.rows / Math.max(1, plan.size));
  return {
    inputs: session.inputs,
    source: 'synthetic',
    synthetic: true,
    rows: count * plan.size,
    hasLabels: false,
    ignored: [],
    notes: [],
    bindings: plan.bindings,
    async *batches(limit) {
      const most = limit === undefined ? count : Math.min(count, Math.ceil(limit / Math.max(1, plan.size)));
      for (let i = 0; i < most; i++) yield { feeds: plan.make(i), size: plan.size, padded: plan.size };
    },
  };
}
