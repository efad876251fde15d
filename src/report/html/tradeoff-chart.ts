/** What is paid for what: models by speed (or size) and by how good their answers are. */
import { lowerIsBetter } from '../metric-drop.ts';
import type { ModelRecord, Report } from '../schema.ts';
import { formatBytes, formatDb, formatMetric, formatMs, formatShare } from '../units.ts';
import { figure, table } from './figure.ts';
import type { Markup } from './markup.ts';
import { type Dot, scatter } from './scatter.ts';

const MODELS_SHOWN = 40;

interface Axis {
  readonly name: string;
  readonly lessIsBetter: boolean;
  read(model: ModelRecord): number | null;
  format(value: number): string;
}

const LATENCY: Axis = {
  name: 'median latency',
  lessIsBetter: true,
  read: ({ latencyMs }) => latencyMs?.p50 ?? null,
  format: formatMs,
};
const SIZE: Axis = {
  name: 'size',
  lessIsBetter: true,
  read: ({ sizeBytes }) => sizeBytes,
  format: formatBytes,
};
const AGREEMENT: Axis = {
  name: 'agreement with the first model',
  lessIsBetter: false,
  read: ({ fidelity }) => fidelity?.agreement ?? null,
  format: formatShare,
};
const SQNR: Axis = {
  name: 'signal to noise of the outputs',
  lessIsBetter: false,
  read: ({ fidelity }) => fidelity?.sqnrDb ?? null,
  format: formatDb,
};

/** Null with less than two models that have both numbers. */
export function tradeoffChart(report: Report): Markup | null {
  const x = [LATENCY, SIZE].find((axis) => count(report, axis) >= 2);
  const y = [...metricAxes(report), SQNR, AGREEMENT, SIZE].find(
    (axis) => axis !== x && count(report, axis) >= 2,
  );
  if (x === undefined || y === undefined) return null;
  const points = report.models
    .map((model) => ({ model, x: x.read(model), y: y.read(model) }))
    .filter((point): point is Point => point.x !== null && point.y !== null)
    .slice(0, MODELS_SHOWN);
  if (points.length < 2) return null;
  const baselines = new Set(report.comparisons.map(({ baseline }) => baseline));
  const corner = `${y.lessIsBetter ? 'lower' : 'upper'} ${x.lessIsBetter ? 'left' : 'right'}`;
  // Beside its later self, an earlier model needs no name.
  const view = { x, y, baselines, silent: report.against !== undefined };
  const dots = points.map((point) => dotOf(point, view));
  return figure({
    title: 'What is paid for what',
    caption: `Across: ${x.name}. Up: ${y.name}. The area of a dot is the size of the model. Best is the ${corner}.`,
    label: `Scatter of ${x.name} and ${y.name}. ${points.map((point) => `${point.model.name}: ${x.format(point.x)}, ${y.format(point.y)}`).join('; ')}`,
    table: table(
      ['model', x.name, y.name, 'size'],
      points.map((point) => [
        point.model.name,
        x.format(point.x),
        y.format(point.y),
        formatBytes(point.model.sizeBytes),
      ]),
    ),
    draw: (width) => scatter(dots, { formatX: x.format, formatY: y.format }, width),
  });
}

interface Point {
  readonly model: ModelRecord;
  readonly x: number;
  readonly y: number;
}

interface View {
  readonly x: Axis;
  readonly y: Axis;
  readonly baselines: ReadonlySet<string>;
  /** Whether baselines go without a name. */
  readonly silent: boolean;
}

function dotOf({ model, x, y }: Point, view: View): Dot {
  const isBaseline = view.baselines.has(model.name);
  return {
    x,
    y,
    area: model.sizeBytes,
    name: isBaseline && view.silent ? null : model.name.replace(/\.onnx$/, ''),
    told: `${model.name}: ${view.x.format(x)}, ${view.y.format(y)}, ${formatBytes(model.sizeBytes)}`,
    kind: isBaseline ? 'before' : 'after',
  };
}

function metricAxes(report: Report): Axis[] {
  const names = [...new Set(report.models.flatMap(({ metrics }) => Object.keys(metrics)))];
  return names.map((name) => ({
    name,
    lessIsBetter: lowerIsBetter(name),
    read: ({ metrics }) => (Object.hasOwn(metrics, name) ? (metrics[name] ?? null) : null),
    format: formatMetric,
  }));
}

function count(report: Report, axis: Axis): number {
  return report.models.filter((model) => axis.read(model) !== null).length;
}
