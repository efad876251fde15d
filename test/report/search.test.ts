/** A search in every format: all candidates, the chosen one first, failures with their reason. */
import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/report/html/page.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { searchLines, searchTable } from '../../src/report/search-table.ts';
import { richReport } from './rich-report.ts';
import { sampleReport } from './sample.ts';

const report = richReport();
const search = report.search ?? expect.fail('the report has a search');

describe('a search', () => {
  it('has the chosen one first, then what holds the budget, then the others', () => {
    const rank = (name = '') => {
      const trial = search.trials.find((each) => each.name === name) ?? expect.fail(name);
      return trial.chosen ? 0 : trial.within ? 1 : 2;
    };
    const ranks = searchTable(report)?.rows.map(([name]) => rank(name)) ?? [];
    expect(ranks).toHaveLength(search.trials.length);
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  });

  it.each([
    ['text', () => searchLines(report).join('\n')],
    ['markdown', () => renderMarkdown(report)],
    ['html', () => renderHtml(report)],
  ])('is whole in %s', (_, render) => {
    const text = render().replaceAll('&#x27;', "'").replaceAll('\\', '');
    for (const { name } of search.trials) expect(text).toContain(name);
    for (const { name } of search.failures) expect(text).toContain(name);
    expect(text).toContain(search.stopped);
    expect(text).toContain('500');
  });

  it('has a dot for every candidate, with a colour for what holds the budget', () => {
    const page = renderHtml(report);
    const chart = page.slice(page.indexOf('What was tried'), page.indexOf('What is paid for what'));
    const count = (kind: string) => chart.split(`class="dot ${kind}"`).length - 1;
    const over = search.trials.filter(({ within }) => !within).length;
    // Drawn twice: for wide and for narrow screens.
    expect(count('over')).toBe(2 * over);
    expect(count('after')).toBe(2);
    expect(count('within')).toBe(2 * (search.trials.length - over - 1));
  });

  it('is not there without one', () => {
    const without = sampleReport();
    expect(searchTable(without)).toBeNull();
    expect(searchLines(without)).toEqual([]);
    expect(renderHtml(without)).not.toContain('What was tried');
    expect(renderMarkdown(without)).not.toContain('candidates under');
  });
});
