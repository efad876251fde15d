/** The parts of an HTML report that are words and tables. */
import { groupModels } from '../groups.ts';
import { passLines } from '../pass-lines.ts';
import { rowsFor } from '../rows.ts';
import type { Report, StepRecord } from '../schema.ts';
import { groupSkipped, heaviestFirst, leftAlone } from '../skipped.ts';
import { stepTitle } from '../step-title.ts';
import { formatBytes, formatMs } from '../units.ts';
import { table } from './figure.ts';
import { html, type Markup } from './markup.ts';

/** Items of a list in the page; the JSON report has them all. */
const LIST_SHOWN = 500;

/** Failures first: they are why somebody looks. */
export function requirementTable({ requirements }: Report): Markup | null {
  if (requirements.length === 0) return null;
  const ordered = [...requirements].sort((a, b) => Number(a.passed) - Number(b.passed));
  const rows = ordered.map(({ expression, actual, passed }) => [
    expression,
    actual,
    passed ? html`<span class="good">met</span>` : html`<b class="bad">not met</b>`,
  ]);
  return html`<section id="requirements"><h2>Requirements</h2>
${table(['requirement', 'measured', ''], rows)}</section>
`;
}

/** Everything measured, models side by side. */
export function numberTables(report: Report): Markup | null {
  const groups = groupModels(report);
  if (groups.length === 0) return null;
  const tables = groups.map((group) => {
    const models = [group.baseline, ...group.candidates.map(({ model }) => model)];
    const rows = rowsFor(group, true).map((row) => [
      row.label,
      row.value(group.baseline) ?? '',
      ...group.candidates.map((candidate) => {
        const change = row.change(group.baseline, candidate);
        return html`${row.value(candidate.model) ?? ''}${change && html`<small class="change ${change.tone}">${change.text}</small>`}`;
      }),
    ]);
    return table(['', ...models.map(({ name }) => name)], rows);
  });
  return html`<section><h2>All numbers</h2>
<p class="caption">Sizes in decimal units. Colours mark what is better or worse beyond its noise.</p>
${tables}</section>
`;
}

export function stepSection({ steps }: Report): Markup | null {
  if (steps.length === 0) return null;
  return html`<section class="steps"><h2>What was done</h2>
${steps.map(stepDetails)}</section>
`;
}

function stepDetails(step: StepRecord): Markup {
  const { changed, notes, skipped } = step;
  const facts = [formatMs(step.durationMs), ...(changed.length > 0 ? [`${changed.length} changed`] : [])];
  const passes = passLines(step.passes, false);
  const said = [...notes, ...passes].map((line) => html`<li>${line}</li>`);
  const done = limited(changed, ({ what, detail }) => html`<li>${what}${detail && `: ${detail}`}</li>`);
  return html`<details><summary><b>${stepTitle(step)}</b>: ${facts.join(', ')}</summary>
${said.length > 0 ? html`<ul>${said}</ul>` : null}${changed.length > 0 ? html`<p class="note">Changed</p><ul>${done}</ul>` : null}${skippedList(skipped)}</details>
`;
}

function skippedList(skipped: StepRecord['skipped']): Markup | null {
  if (skipped.length === 0) return null;
  const groups = limited(groupSkipped(skipped), ({ reason, items, bytes }) => {
    const names = heaviestFirst(items)
      .slice(0, 12)
      .map(({ what }) => what);
    const more = items.length - names.length;
    return html`<li>${reason} (${formatBytes(bytes)}): ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}</li>`;
  });
  return html`<p class="note">${leftAlone(skipped)}</p><ul>${groups}</ul>`;
}

function limited<T>(items: readonly T[], show: (item: T) => Markup): Markup[] {
  const shown = items.slice(0, LIST_SHOWN).map(show);
  const hidden = items.length - shown.length;
  return hidden > 0 ? [...shown, html`<li>and ${hidden} more</li>`] : shown;
}
