/** The loss of a training, step by step, and what the student scored on the way. */
import type { Report, StepRecord } from '../schema.ts';
import { stepTitle } from '../step-title.ts';
import { trainingLines } from '../training-line.ts';
import { figure, table } from './figure.ts';
import { drawPanels, type Panel } from './line-panels.ts';
import { html, type Markup } from './markup.ts';

/** Points of a line: more are not seen. */
const POINTS = 60;
/** Steps named below the axis. */
const NAMED = 4;

/** Null when nothing was trained. */
export function trainingChart({ steps }: Report): Markup | null {
  const trained = steps.filter(({ curve = [] }) => curve.length > 1);
  if (trained.length === 0) return null;
  return html`${trained.map((step) => {
    const bins = binned(step);
    return figure({
      title: `Training: ${stepTitle(step)}`,
      caption: `${trainingLines(step).join('; ')}. Each point is a mean over neighbouring steps.`,
      label: `Loss. ${trainingLines(step).join('; ')}`,
      table: table(
        ['step', 'loss'],
        bins.map(({ step: at, loss }) => [String(at), loss.toPrecision(4)]),
      ),
      draw: (width) => drawPanels(panelsOf(step, bins), width),
    });
  })}`;
}

interface Bin {
  readonly step: number;
  readonly loss: number;
}

function binned({ curve = [] }: StepRecord): Bin[] {
  const size = Math.ceil(curve.length / POINTS);
  return Array.from({ length: Math.ceil(curve.length / size) }, (_, at) => {
    const own = curve.slice(at * size, (at + 1) * size);
    return { step: own.at(-1)?.step ?? 0, loss: own.reduce((sum, { loss }) => sum + loss, 0) / own.length };
  });
}

function panelsOf({ evaluations = [] }: StepRecord, bins: readonly Bin[]): Panel[] {
  const format = (value: number): string => (value === 0 ? '0' : value.toPrecision(2));
  const points = (values: readonly number[]) => values.map((value) => ({ value }));
  return [
    {
      title: 'loss',
      steps: axis(bins.map(({ step }) => step)),
      lines: [{ name: 'loss', kind: 'after', points: points(bins.map(({ loss }) => loss)) }],
      format,
    },
    ...(evaluations.length > 1
      ? [
          {
            title: evaluations[0]?.metric ?? '',
            steps: axis(evaluations.map(({ step }) => step)),
            lines: [
              {
                name: evaluations[0]?.metric ?? '',
                kind: 'after' as const,
                points: points(evaluations.map(({ value }) => value)),
              },
            ],
            format,
          },
        ]
      : []),
  ];
}

/** A few names, evenly; the others are empty. */
function axis(steps: readonly number[]): string[] {
  const stride = Math.max(1, Math.ceil(steps.length / NAMED));
  return steps.map((step, at) =>
    at === 0 || at === steps.length - 1 || (at % stride === 0 && at + stride / 2 < steps.length)
      ? String(step)
      : '',
  );
}
