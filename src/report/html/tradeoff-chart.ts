/** What is paid for what: models by speed (or size) and by how good their answers are. */
import { lowerIsBetter } from '../metric-drop.ts';
import type { ModelRecord, Report } from '../schema.ts';
import { formatBytes, formatDb, formatMetric, formatMs, formatShare } from '../units.ts';
import { figure, fitting, label, table, widthOfText } from './figure.ts';
import { html, type Markup } from './markup.ts';
import { placeNames } from './place-names.ts';
import { linearScale, rangeOf, type Scale } from './scale.ts';

const MODELS_SHOWN = 40;
/** Largest radius of a dot, whose area is the size of the model. */
const RADIUS = 22;

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
    // Beside its later self, an earlier model needs no name.
    draw: (width) => draw(points, { x, y, width, baselines, silent: report.against !== undefined }),
  });
}

interface Point {
  readonly model: ModelRecord;
  readonly x: number;
  readonly y: number;
}

interface Plan {
  readonly x: Axis;
  readonly y: Axis;
  readonly width: number;
  readonly baselines: ReadonlySet<string>;
  /** Whether baselines go without a name. */
  readonly silent: boolean;
}

function draw(points: readonly Point[], { x, y, width, baselines, silent }: Plan) {
  const wide = width > 600;
  const height = wide ? 340 : 300;
  const left = Math.max(44, ...points.map((point) => widthOfText(y.format(point.y)) + 10));
  const [ys, xs] = [points.map((point) => point.y), points.map((point) => point.x)];
  const down = linearScale(rangeOf(ys, 0.18), [height - 40, 16], 4);
  const across = linearScale(rangeOf(xs, 0.12), [left, width - 16], wide ? 6 : 4);
  const largest = Math.max(1, ...points.map(({ model }) => model.sizeBytes));
  const radius = ({ model }: Point) => Math.max(4, RADIUS * Math.sqrt(model.sizeBytes / largest));
  const dots = [...points]
    .sort((a, b) => b.model.sizeBytes - a.model.sizeBytes)
    .map((point) => {
      const kind = baselines.has(point.model.name) ? 'before' : 'after';
      const told = `${point.model.name}: ${x.format(point.x)}, ${y.format(point.y)}, ${formatBytes(point.model.sizeBytes)}`;
      return html`<g><title>${told}</title><circle cx="${across.at(point.x)}" cy="${down.at(point.y)}" r="${radius(point)}" class="dot ${kind}"/></g>
`;
    });
  return {
    height,
    marks: [
      grid(across, down, { x, y, width, left, height }),
      dots,
      labels(points, radius, { across, down, left, width }, silent ? baselines : new Set()),
    ],
  };
}

function grid(
  across: Scale,
  down: Scale,
  { x, y, width, left, height }: Pick<Plan, 'x' | 'y' | 'width'> & { left: number; height: number },
): Markup[] {
  const rows = down.ticks.map(
    (tick) =>
      html`<line x1="${left}" x2="${width}" y1="${down.at(tick)}" y2="${down.at(tick)}" class="grid"/>${label(left - 8, down.at(tick) + 4, y.format(tick), { anchor: 'end', kind: 'axis' })}`,
  );
  const columns = across.ticks.map((tick) =>
    label(across.at(tick), height - 14, x.format(tick), { anchor: 'middle', kind: 'axis' }),
  );
  return [...rows, ...columns];
}

function labels(
  points: readonly Point[],
  radius: (point: Point) => number,
  { across, down, left, width }: { across: Scale; down: Scale; left: number; width: number },
  unnamed: ReadonlySet<string>,
): Markup[] {
  const dots = points.map((point) => {
    const [x, y, r] = [across.at(point.x), down.at(point.y), radius(point)];
    const text = fitting(point.model.name.replace(/\.onnx$/, ''), width * 0.42);
    return {
      left: x - r,
      right: x + r,
      top: y - r,
      bottom: y + r,
      name: unnamed.has(point.model.name) ? null : text,
    };
  });
  return placeNames(dots, [left, width]);
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
