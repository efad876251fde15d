/** Metrics that a JavaScript module of the user's defines: `--metric ./psnr.mjs`. */
import { basename, extname } from 'node:path';
import { LlmcError } from '../../errors.ts';
import { lowerIsBetter } from '../../report/metric-drop.ts';
import type { HostTensor } from '../host-tensor.ts';
import { importDefault, thrownBy } from '../module/run.ts';
import type { Metric, WholeScore } from './metric.ts';

/** What a module's metric is given for each batch. */
export interface MetricBatch {
  readonly outputs: Readonly<Record<string, HostTensor>>;
  readonly labels: HostTensor;
  /** How many rows of the data. */
  readonly rows: number;
}

/** Whether a metric is asked for by the path of a module. */
export function isModule(text: string): boolean {
  return /\.[mc]?js$/.test(text);
}

/**
 * The metric that is the default export of a module: a function of a batch, whose numbers are averaged over rows, or
 * `{ name, better, create() }`, where `create()` gives `{ add(batch), result() }`. This runs the module's code.
 * @throws LlmcError FILE_NOT_FOUND, or DATA for an export of another form
 */
export async function moduleMetric(path: string): Promise<Metric> {
  const found = await importDefault(path);
  const own = typeof found === 'function' ? {} : membersOf(found, path);
  const {
    name = basename(path, extname(path)),
    better = 'higher',
    summary = `as ${path} defines it`,
    create,
  } = own;
  if (typeof name !== 'string' || !/^[A-Za-z][\w-]*$/.test(name))
    throw refused(path, 'its name is no word', 'for example name: "psnr"');
  if (better !== 'higher' && better !== 'lower')
    throw refused(path, 'better is neither "higher" nor "lower"');
  // Reports are read again without the module: whether less is better has to be in the name.
  if (lowerIsBetter(name) !== (better === 'lower'))
    throw refused(
      path,
      `the name "${name}" does not say that ${better} is better`,
      'names of metrics of which less is better end in Loss or Error, and no others',
    );
  if (typeof found !== 'function' && typeof create !== 'function')
    throw refused(path, 'it has no function create');
  const begin = call(path, () =>
    typeof found === 'function' ? averaged(call(path, found)) : Reflect.apply(create as Callable, found, []),
  );
  parts(begin(), path);
  return {
    name,
    summary: String(summary),
    automatic: false,
    fits: () => false,
    begin: () => {
      throw new Error('metrics of modules take all outputs');
    },
    beginWhole: () => whole(path, begin()),
  };
}

type Callable = (...values: unknown[]) => unknown;

function call(path: string, found: object): Callable {
  return (...values) => {
    try {
      return Reflect.apply(found as Callable, undefined, values);
    } catch (cause) {
      throw thrownBy(path, cause);
    }
  };
}

function membersOf(found: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof found === 'object' && found !== null) return found as Readonly<Record<string, unknown>>;
  throw refused(path, 'its default export is neither a function nor an object');
}

/** The mean over rows of what a function gives for batches. */
function averaged(score: Callable): object {
  let [sum, count] = [0, 0];
  return {
    add(batch: MetricBatch) {
      sum += batch.rows * Number(score(batch));
      count += batch.rows;
    },
    result: () => sum / count,
  };
}

function parts(made: unknown, path: string): { readonly add: Callable; readonly result: Callable } {
  const { add, result } = (made ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof add !== 'function' || typeof result !== 'function')
    throw refused(path, 'what it creates lacks add or result');
  return {
    add: (batch) => Reflect.apply(add, made, [batch]),
    result: () => Reflect.apply(result, made, []),
  };
}

function whole(path: string, made: unknown): WholeScore {
  const { add, result } = parts(made, path);
  return {
    add(outputs, labels) {
      const rows = labels.dims[0] ?? 1;
      call(path, add)({ outputs, labels, rows } satisfies MetricBatch);
    },
    value() {
      const value = call(path, result)();
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      throw refused(path, `its result is ${String(value)}, no number`);
    },
  };
}

function refused(path: string, why: string, hint?: string): LlmcError {
  return new LlmcError('DATA', `${path} is no metric: ${why}`, {
    hint:
      hint ??
      'export default { name, better: "higher", create: () => ({ add({ outputs, labels, rows }) {}, result() {} }) }',
  });
}
