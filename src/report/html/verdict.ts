/** The first screen: what became of the models, in words and in large numbers. */
import { type Candidate, type Group, groupModels } from '../groups.ts';
import { lowerIsBetter } from '../metric-drop.ts';
import { type Change, fileSizeChange, speedChange } from '../rows.ts';
import type { ModelRecord, Report } from '../schema.ts';
import {
  formatBytes,
  formatDb,
  formatMetric,
  formatMs,
  formatRatio,
  formatShare,
  formatSigned,
} from '../units.ts';
import { html, type Markup } from './markup.ts';

const ROWS_SHOWN = 12;

/** A heading that tells the result, whether requirements are met, and a row of numbers for each model. */
export function verdict(report: Report): Markup {
  const groups = groupModels(report);
  const rows = groups.flatMap((group) =>
    group.candidates.length === 0
      ? [alone(group.baseline)]
      : group.candidates.map((candidate) => candidateRow(group, candidate, report.against)),
  );
  const hidden = rows.length - ROWS_SHOWN;
  return html`<h1>${sinceThen(report, groups) || sentence(groups) || overTime(report) || `llmc ${report.command}`.trimEnd()}</h1>
${badge(report)}<div class="cards">${rows.slice(0, ROWS_SHOWN)}</div>
${hidden > 0 ? html`<p class="caption">and ${hidden} more models below</p>` : null}`;
}

/** "3.91x smaller, 1.74x faster": the one candidate, or the best of several. */
function sentence(groups: readonly Group[]): string {
  const pairs = groups.flatMap(({ baseline, candidates }) =>
    candidates.map((candidate) => ({ baseline, candidate })),
  );
  const [first] = pairs;
  if (first === undefined) return groups.length === 1 ? (groups[0]?.baseline.name ?? '') : '';
  const told = ({ baseline, candidate }: (typeof pairs)[number]) =>
    [fileSizeChange(baseline, candidate.model), speedChange(baseline, candidate)].map(
      (change) => change?.text,
    );
  if (pairs.length === 1) {
    const words = told(first).map((text, index) => {
      const short = text?.replace(/ \[.*$/, '');
      return short === 'same'
        ? index === 0
          ? 'same size'
          : 'same speed'
        : short === 'no difference'
          ? 'no difference in speed'
          : short;
    });
    return capitalized(words.filter(Boolean).join(', '));
  }
  const smallest = Math.min(...pairs.map(({ baseline, candidate }) => ratio(baseline, candidate.model)));
  const best =
    pairs.find(({ baseline, candidate }) => ratio(baseline, candidate.model) === smallest) ?? first;
  const [size] = told(best);
  const faster = pairs
    .filter(({ candidate }) => candidate.comparison?.speedup?.verdict === 'faster')
    .sort((a, b) => gain(b.candidate) - gain(a.candidate))[0];
  const speed = faster && told(faster)[1]?.replace(/ \[.*$/, '');
  const parts = [smallest < 0.995 && size ? `up to ${size}` : '', speed ? `up to ${speed}` : ''].filter(
    Boolean,
  );
  return capitalized(parts.length > 0 ? parts.join(', ') : `${pairs.length} models compared`);
}

/** "Since main.json: 2 smaller, 1 slower". */
function sinceThen({ against }: Report, groups: readonly Group[]): string {
  if (against === undefined) return '';
  const changes = groups.flatMap(({ baseline, candidates }) =>
    candidates.flatMap((candidate) =>
      [fileSizeChange(baseline, candidate.model), speedChange(baseline, candidate)].flatMap(
        (change) => /smaller|larger|faster|slower/.exec(change?.text ?? '')?.[0] ?? [],
      ),
    ),
  );
  const told = ['smaller', 'larger', 'faster', 'slower'].flatMap((word) => {
    const count = changes.filter((change) => change === word).length;
    return count > 0 ? [`${count} ${word}`] : [];
  });
  return told.length > 0 ? `Since ${against}: ${told.join(', ')}` : `Same size and speed as in ${against}`;
}

/** What a history alone says. */
function overTime({ trends = [] }: Report): string {
  if (trends.length === 0) return '';
  const runs = Math.max(...trends.map(({ points }) => points.length));
  const worse = trends.filter(({ points }) => points.at(-1)?.drift === 'worse').length;
  const news = worse > 0 ? `${worse} of ${trends.length} numbers became worse` : 'nothing became worse';
  return capitalized(`${news} in ${runs} run${runs === 1 ? '' : 's'}`);
}

function ratio(baseline: ModelRecord, model: ModelRecord): number {
  return baseline.sizeBytes === 0 ? 1 : model.sizeBytes / baseline.sizeBytes;
}

function gain({ comparison }: Candidate): number {
  return comparison?.speedup?.estimate ?? 0;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function badge({ requirements }: Report): Markup | null {
  if (requirements.length === 0) return null;
  const failed = requirements.filter(({ passed }) => !passed).length;
  const all = `${requirements.length} requirement${requirements.length === 1 ? '' : 's'}`;
  return failed > 0
    ? html`<p class="badge bad"><a href="#requirements">✗ ${failed} of ${all} not met</a></p>\n`
    : html`<p class="badge good"><a href="#requirements">✓ ${all} met</a></p>\n`;
}

function candidateRow({ baseline }: Group, candidate: Candidate, against: string | undefined): Markup {
  const { model } = candidate;
  const share = Math.min(1, ratio(baseline, model));
  const before = baseline.latencyMs?.p50;
  const after = model.latencyMs?.p50;
  const time = after !== undefined && before !== undefined && before > 0 ? Math.min(1, after / before) : null;
  const speed = speedChange(baseline, candidate);
  return html`<article><h3>${model.name}<small>${against === undefined ? `against ${baseline.name}` : `since ${against}`}</small></h3>
${stat('size', formatBytes(model.sizeBytes), fileSizeChange(baseline, model), share)}
${speedStat(candidate, after, speed, time)}
${quality(baseline, model)}</article>
`;
}

/** The median, or where two models were only raced, how much faster the second one was. */
function speedStat(
  { comparison }: Candidate,
  p50: number | undefined,
  change: Change | null,
  share: number | null,
): Markup | null {
  if (p50 !== undefined) return stat('median run', formatMs(p50), change, share);
  if (!comparison?.speedup) return null;
  return stat('speed', formatRatio(comparison.speedup.estimate), change, null);
}

function alone(model: ModelRecord): Markup {
  return html`<article><h3>${model.name}</h3>
${stat('size', formatBytes(model.sizeBytes), null, null)}
${model.latencyMs && stat('median run', formatMs(model.latencyMs.p50), null, null)}
${quality(model, model)}</article>
`;
}

/** A number with what became of it; `share` of the earlier one as a bar. */
function stat(name: string, value: string, change: Change | null, share: number | null): Markup {
  return html`<div class="stat"><div class="name">${name}</div><div class="value">${value}</div>${
    share === null
      ? null
      : html`<div class="bar" aria-hidden="true"><i style="width:${share * 100}%"></i></div>`
  }${change && html`<div class="change ${change.tone}">${unbroken(change.text)}</div>`}</div>`;
}

/** The interval behind a change stays in one piece. */
function unbroken(text: string): Markup {
  const [words = '', interval] = text.split(/ (?=\[)/);
  return html`${words}${interval === undefined ? null : html` <span class="whole">${interval}</span>`}`;
}

/** Task metrics are what people care for; likeness to the baseline stands in where there are no labels. */
function quality(baseline: ModelRecord, model: ModelRecord): Markup | null {
  const metrics = Object.entries(model.metrics)
    .slice(0, 2)
    .map(([name, after]) => {
      const before = Object.hasOwn(baseline.metrics, name) ? baseline.metrics[name] : undefined;
      if (before === undefined || baseline === model) return stat(name, formatMetric(after), null, null);
      const worse = lowerIsBetter(name) ? after > before : after < before;
      const change: Change =
        after === before
          ? { text: 'same', tone: 'neutral' }
          : { text: `${formatSigned(after - before)} (${worse ? 'worse' : 'better'})`, tone: 'neutral' };
      return stat(name, formatMetric(after), change, null);
    });
  const { fidelity } = model;
  if (fidelity === null) return metrics.length > 0 ? html`${metrics}` : null;
  const notes = [
    ...(fidelity.agreement === null ? [] : [`${formatShare(fidelity.agreement)} of answers agree`]),
    ...(fidelity.synthetic ? ['on generated inputs'] : []),
  ];
  const close = stat(
    'signal to noise',
    fidelity.sqnrDb === null ? 'equal outputs' : formatDb(fidelity.sqnrDb),
    notes.length > 0 ? { text: notes.join(', '), tone: 'neutral' } : null,
    null,
  );
  return html`${metrics}${metrics.length < 2 ? close : null}`;
}
