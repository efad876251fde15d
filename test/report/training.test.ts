/** What reports say of a training. */
import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/report/html/page.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { plainPalette } from '../../src/report/palette.ts';
import type { StepRecord } from '../../src/report/schema.ts';
import { renderText } from '../../src/report/text.ts';
import { trainingLines } from '../../src/report/training-line.ts';
import { sampleReport } from './sample.ts';

function step(count: number, scores: readonly number[] = []): StepRecord {
  return {
    name: 'distill',
    options: {},
    durationMs: 1000,
    changed: [],
    skipped: [],
    notes: [],
    passes: [],
    curve: Array.from({ length: count }, (_, at) => ({
      step: at + 1,
      loss: 8 / (at + 1),
      samplesPerSecond: 1234,
      rate: 0.001,
    })),
    evaluations: scores.map((value, at) => ({ step: 10 * (at + 1), metric: 'accuracy', value })),
  };
}

const report = (own: StepRecord) => sampleReport({ steps: [own] });

describe('a training', () => {
  it('is told in lines: how far the loss fell, what was scored', () => {
    expect(trainingLines(step(0))).toEqual([]);
    const [loss, scores] = trainingLines(step(400, [0.5, 0.6, 0.7, 0.8, 0.9]));
    expect(loss).toMatch(/^loss 1\.44 to 0\.0205 in 400 steps, 1,234 rows\/s$/);
    expect(scores).toBe(
      'accuracy: 0.5000 (step 10), 0.6000 (step 20), ..., 0.8000 (step 40), 0.9000 (step 50)',
    );
  });

  it('is in every report, drawn in the page', () => {
    const trained = report(step(400, [0.5, 0.6]));
    expect(renderText(trained, { width: 100, palette: plainPalette, verbose: false })).toContain(
      'in 400 steps',
    );
    expect(renderMarkdown(trained)).toContain('in 400 steps');
    const page = renderHtml(trained);
    expect(page).toContain('Training: distill');
    expect(renderHtml(report(step(0)))).not.toContain('Training');
  });
});
