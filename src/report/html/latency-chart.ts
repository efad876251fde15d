/** How long runs took: the distribution of every model on one axis. */
import type { Latency, ModelRecord, Report } from '../schema.ts';
import { formatMs } from '../units.ts';
import { figure, fitting, label, table } from './figure.ts';
import { html, type Markup } from './markup.ts';
import { linearScale, rangeOf, type Scale } from './scale.ts';

const MODELS_SHOWN = 12;
const ROW = 66;
const AXIS = 30;
/** Height of the highest bin. */
const PEAK = 34;

type Timed = ModelRecord & { readonly latencyMs: Latency };

/** Null where nothing was timed. */
export function latencyChart(report: Report): Markup | null {
  const models = report.models
    .filter((model): model is Timed => model.latencyMs !== null)
    .slice(0, MODELS_SHOWN);
  if (models.length === 0) return null;
  const baselines = new Set(report.comparisons.map(({ baseline }) => baseline));
  const domain = rangeOf(models.flatMap(({ latencyMs }) => [latencyMs.min, endOf(latencyMs)]));
  return figure({
    title: 'How long a run takes',
    caption:
      'How often the timed runs of a model took how long. The dark line is the median, named at the right with the 99th percentile.',
    label: `Distributions of latency. ${models.map(({ name, latencyMs }) => `${name}: median ${formatMs(latencyMs.p50)}`).join('; ')}`,
    table: table(
      ['model', 'fastest', 'p50', 'p90', 'p99', 'slowest', 'runs'],
      models.map(({ name, latencyMs: { min, p50, p90, p99, max, samples } }) => [
        name,
        ...[min, p50, p90, p99, max].map(formatMs),
        `${samples}`,
      ]),
    ),
    draw: (width) => {
      const scale = linearScale(domain, [2, width - 24], width > 600 ? 8 : 4);
      const bottom = models.length * ROW;
      const grid = scale.ticks.map(
        (tick) =>
          html`<line x1="${scale.at(tick)}" x2="${scale.at(tick)}" y1="4" y2="${bottom + 4}" class="grid"/>${label(scale.at(tick), bottom + 22, formatMs(tick), { anchor: edge(scale, tick), kind: 'axis' })}`,
      );
      const rows = models.map((model, index) => {
        const kind = baselines.has(model.name) ? 'before' : 'after';
        return distribution(model, (index + 1) * ROW, scale, { kind, width });
      });
      return { height: bottom + AXIS, marks: [grid, rows] };
    },
  });
}

/** Where the drawing of a model ends; single slow runs would squeeze everything else. */
function endOf({ histogram, p99 }: Latency): number {
  return histogram?.high ?? p99;
}

function edge(scale: Scale, tick: number): 'start' | 'middle' {
  return scale.at(tick) < 20 ? 'start' : 'middle';
}

interface RowView {
  readonly kind: string;
  readonly width: number;
}

function distribution(
  { name, latencyMs }: Timed,
  base: number,
  scale: Scale,
  { kind, width }: RowView,
): Markup {
  const { p50, p99 } = latencyMs;
  const middle = scale.at(p50);
  const value = `${formatMs(p50)}, p99 ${formatMs(p99)}`;
  return html`<g><title>${name}: median ${value}</title>
${label(2, base - PEAK - 12, fitting(name, width - 190), { kind: 'strong halo' })}
${label(width - 2, base - PEAK - 12, value, { anchor: 'end', kind: 'number halo' })}
<line x1="0" x2="${width}" y1="${base}" y2="${base}" class="rule"/>
${shape(latencyMs, base, scale, kind)}
<line x1="${middle}" x2="${middle}" y1="${base - PEAK - 4}" y2="${base}" class="median"/></g>
`;
}

/** The histogram as steps; a bar from the fastest run to the 90th percentile where there is none. */
function shape({ histogram, min, p90 }: Latency, base: number, scale: Scale, kind: string): Markup {
  const most = Math.max(0, ...(histogram?.counts ?? []));
  if (histogram === undefined || most === 0 || histogram.counts.length < 2) {
    const width = Math.max(2, scale.at(p90) - scale.at(min));
    return html`<rect x="${scale.at(min)}" y="${base - 12}" width="${width}" height="12" class="area-${kind}"/>`;
  }
  const { low, high, counts } = histogram;
  const bin = (high - low) / counts.length;
  const points = counts.flatMap((count, index) => {
    const y = base - (count / most) * PEAK;
    return [low + index * bin, low + (index + 1) * bin].map((ms) => html`${scale.at(ms)},${y} `);
  });
  return html`<polygon points="${scale.at(low)},${base} ${points}${scale.at(high)},${base}" class="area-${kind}"/>`;
}
