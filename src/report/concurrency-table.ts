/** Requests at once and capacity as tables. */
import { type Align, alignColumns, shorten } from './layout.ts';
import { printable } from './printable.ts';
import type { Report } from './schema.ts';
import type { CapacityPlan, ConcurrencyLevel } from './schema-bench.ts';
import { formatMs, formatShare, significant } from './units.ts';

const LONGEST_NAME = 32;

export const LEVEL_HEADER: readonly string[] = [
  'model',
  'processes',
  'p50',
  'p99',
  'requests/s',
  '98 % interval',
  'per core',
];
export const PLAN_HEADER: readonly string[] = ['model', 'processes', 'at once', 'cores', 'busy', 'p99'];
const ALIGNS: readonly Align[] = ['left', 'right', 'right', 'right', 'right', 'right', 'right'];

/** Cells of every level of every model. */
export function levelRows({ models }: Report): string[][] {
  return models.flatMap(({ name, concurrency = [] }) =>
    concurrency.map((level) => [name, ...levelCells(level)]),
  );
}

function levelCells(level: ConcurrencyLevel): string[] {
  const { workers, p50Ms, p99Ms, throughput, throughputLow, throughputHigh } = level;
  return [
    `${workers}`,
    formatMs(p50Ms),
    formatMs(p99Ms),
    significant(throughput),
    `[${significant(throughputLow)}, ${significant(throughputHigh)}]`,
    significant(perCore(level)),
  ];
}

/** Requests per second for each core that is kept busy. */
export function perCore({ throughput, cores }: ConcurrencyLevel): number {
  return throughput / cores;
}

/** "one process each, 1 thread". */
export function levelTitle({ models }: Report): string {
  const threads = [
    ...new Set(models.flatMap(({ concurrency = [] }) => concurrency.map((level) => level.threads))),
  ];
  const each = threads.map((count) => `${count} thread${count === 1 ? '' : 's'}`).join(' or ');
  return `requests at once, back to back, each by a process of its own with ${each}`;
}

/** What the plan does not tell in its cells: why there is none, why to doubt it, what it rests on. */
export function planNotes({ capacity, models, environment }: Report): string[] {
  return (capacity?.plans ?? []).flatMap(({ model, atOnce, processes, reason, uncertain }) => {
    const name = printable(model);
    if (reason !== null) return [`${name}: ${reason}`];
    const levels = models.find((other) => other.name === model)?.concurrency ?? [];
    const used = levels.find(({ workers }) => workers === atOnce)?.cores ?? environment.cores;
    const idle = environment.cores - used;
    return [
      ...(uncertain
        ? [`${name}: too few requests were measured to be sure of its p99; give more --time`]
        : []),
      ...(idle > 0 && processes !== atOnce
        ? [
            `${name}: measured with ${idle} of ${environment.cores} cores idle; on a full machine processes disturb each other`,
          ]
        : []),
    ];
  });
}

export function planTitle({ capacity }: Report): string {
  if (capacity === undefined) return '';
  const { rate, p99Ms } = capacity;
  return `for ${significant(rate)} requests/s with a p99 within ${formatMs(p99Ms)}, waiting included`;
}

/** How plans were made, for all that show them. */
export const PLAN_ASSUMES =
  'Arrivals are random and independent, one queue serves all processes, and runs count as being as irregular as an exponential distribution (M/M/c), which they are not quite: waits are rather shorter.';

export function planRows({ capacity }: Report): string[][] {
  return (capacity?.plans ?? []).map((plan) => [plan.model, ...planCells(plan)]);
}

function planCells({ processes, atOnce, cores, utilization, p99Ms }: CapacityPlan): string[] {
  return [
    processes === null ? '-' : `${processes}`,
    atOnce === null ? '-' : `${atOnce}`,
    cores === null ? '-' : `${cores}`,
    utilization === null ? '-' : formatShare(Math.round(utilization * 100) / 100),
    p99Ms === null ? '-' : formatMs(p99Ms),
  ];
}

/** Title, then the table; nothing where it was not measured. */
export function levelLines(report: Report): string[] {
  const rows = levelRows(report);
  return rows.length === 0 ? [] : [levelTitle(report), ...aligned([LEVEL_HEADER, ...rows])];
}

export function planLines(report: Report): string[] {
  const rows = planRows(report);
  if (rows.length === 0) return [];
  return [planTitle(report), ...aligned([PLAN_HEADER, ...rows])];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  return alignColumns(
    rows.map(([name = '', ...cells]) => [shorten(name, LONGEST_NAME), ...cells]),
    ALIGNS,
  );
}
