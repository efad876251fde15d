/** Choosing under a budget: the front, the winner, the dial, and what a loss is. */
import { describe, expect, it } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import { uniform } from '../../src/random.ts';
import { modelRecord } from '../../src/report/record.ts';
import { type Budget, lossOf, refuseImpossible } from '../../src/tune/budget.ts';
import { type Candidate, quantized, type Trial } from '../../src/tune/candidate.ts';
import { choose, dominates, excess, frontOf } from '../../src/tune/front.ts';
import { keyOf, nextCandidates } from '../../src/tune/refine.ts';

const BUDGET: Budget = {
  maxDrop: 0.01,
  maxBytes: null,
  minSpeedup: null,
  maxLatencyMs: null,
  notSlower: false,
};

function trialOf(candidate: Candidate, size: number, speedup: number, drop: number, error = 0): Trial {
  const point = {
    sizeRatio: size,
    speedup,
    low: speedup * 0.98,
    high: speedup * 1.02,
    bytes: size * 1e6,
    p50Ms: 1 / speedup,
    drop,
    error,
    of: 'accuracy',
  };
  return { candidate, path: '', point };
}

function randomTrials(seed: number, count = 30): Trial[] {
  const next = uniform(seed);
  return Array.from({ length: count }, (_, at) =>
    trialOf(
      quantized(`${at}`, { scheme: `${at}` }, { single: next() < 0.4 }),
      0.1 + next(),
      0.5 + 2 * next(),
      0.03 * next() - 0.005,
      0.004 * next(),
    ),
  );
}

describe.each([1, 2, 3, 4, 5])('trials at random, seed %d', (seed) => {
  const trials = randomTrials(seed);

  it('dominance is a strict partial order, and nothing on the front is dominated', () => {
    for (const a of trials) expect(dominates(a, a)).toBe(false);
    const pairs = trials.flatMap((a) => trials.filter((b) => dominates(a, b)).map((b) => [a, b] as const));
    for (const [a, b] of pairs) expect(dominates(b, a)).toBe(false);
    for (const [a, b] of pairs)
      expect(trials.filter((c) => dominates(b, c)).every((c) => dominates(a, c))).toBe(true);
    const front = frontOf(trials);
    for (const member of front) expect(trials.some((other) => dominates(other, member))).toBe(false);
    for (const other of trials)
      if (!front.includes(other)) expect(trials.some((each) => dominates(each, other))).toBe(true);
  });

  it.each(['balanced', 'size', 'speed'] as const)(
    'the winner by %s holds the budget and is no worse than the best single scheme',
    (goal) => {
      const choice = choose(trials, BUDGET, goal);
      expect(choice?.met).toBe(true);
      if (!choice) return;
      expect(excess(choice.winner, BUDGET, choice.sure)).toBe(0);
      const surelyHeld = trials.some((trial) => excess(trial, BUDGET, true) === 0);
      expect(choice.sure).toBe(surelyHeld);
      if (!choice.single) return;
      expect(choice.winner.point.bytes).toBeLessThanOrEqual(choice.single.point.bytes * 1.005);
      expect(choice.winner.point.speedup).toBeGreaterThanOrEqual(choice.single.point.speedup * 0.97);
    },
  );

  it('what comes closest wins where nothing holds the budget', () => {
    const strict = { ...BUDGET, minSpeedup: 50 };
    const choice = choose(trials, strict, 'balanced');
    expect(choice?.met).toBe(false);
    const least = Math.min(...trials.map((trial) => excess(trial, strict)));
    expect(choice && excess(choice.winner, strict)).toBe(least);
  });
});

it('where chance may break the budget, what it breaks least often wins', () => {
  const risky = trialOf(quantized('pruned', { scheme: 'a' }), 0.1, 3, 0, 0.02);
  const safe = trialOf(quantized('int8', { scheme: 'b' }), 0.3, 1.5, 0.001, 0.01);
  const choice = choose([risky, safe], BUDGET, 'balanced');
  expect(choice?.winner.candidate.label).toBe('int8');
  expect(choice).toMatchObject({ met: true, sure: false });
  const even = trialOf(quantized('even', { scheme: 'c' }), 0.1, 3, 0.001, 0.01);
  expect(choose([risky, safe, even], BUDGET, 'balanced')?.winner.candidate.label).toBe('even');
});

describe('the dial between a scheme and floats', () => {
  const known = (trials: readonly Trial[]) => ({
    trials,
    budget: BUDGET,
    calibrated: true,
    slower: async () => null,
  });
  const shareOf = ({ steps }: Candidate): number => Number(steps[0]?.given['floatShare'] ?? 0);

  it.each([0.03, 0.11, 0.3, 0.55])('finds a threshold of %d within two percent', async (threshold) => {
    const lossAt = (share: number): number => (share >= threshold ? 0.008 : 0.02);
    const base = quantized('int8', { scheme: 'int8' });
    let trials = [trialOf(base, 0.3, 1.5, lossAt(0))];
    const seen = new Set([keyOf(base)]);
    for (let round = 0; round < 12; round++) {
      const turned = (await nextCandidates(known(trials))).filter(
        ({ steps }) =>
          steps[0]?.given['floatShare'] !== undefined &&
          steps.length === 1 &&
          steps[0]?.given['transform'] === undefined,
      );
      if (turned.length === 0) break;
      for (const candidate of turned) {
        expect(seen.has(keyOf(candidate))).toBe(false);
        seen.add(keyOf(candidate));
        trials = [
          ...trials,
          trialOf(candidate, 0.3 + shareOf(candidate) * 0.7, 1.4, lossAt(shareOf(candidate))),
        ];
      }
    }
    const holding = trials
      .filter(({ point }) => point.drop <= 0.01)
      .map(({ candidate }) => shareOf(candidate));
    const failing = trials
      .filter(({ point }) => point.drop > 0.01)
      .map(({ candidate }) => shareOf(candidate));
    expect(Math.min(...holding) - Math.max(...failing)).toBeLessThanOrEqual(0.041);
    expect(Math.min(...holding)).toBeGreaterThanOrEqual(threshold);
  });

  it('is not turned where the plain scheme holds the budget', async () => {
    const proposed = await nextCandidates(
      known([trialOf(quantized('int8', { scheme: 'int8' }), 0.3, 1.5, 0.002)]),
    );
    expect(proposed.some(({ steps }) => steps.some(({ given }) => given['floatShare'] !== undefined))).toBe(
      false,
    );
  });
});

describe('a loss', () => {
  const record = (metrics: Record<string, number>, agreement: number | null, answers = 1000) => ({
    ...modelRecord('m', 'm.onnx', 1),
    metrics,
    fidelity: {
      against: '',
      sqnrDb: 20,
      cosine: 1,
      maxAbsError: 0,
      agreement,
      answers,
      kl: null,
      samples: 10,
      synthetic: false,
      outputs: {},
    },
  });

  it('is in points of shares, relative of what has no bound, and in changed answers without labels', () => {
    expect(lossOf(record({ accuracy: 0.9 }, null), record({ accuracy: 0.88 }, 0.96), null)).toMatchObject({
      of: 'accuracy',
      drop: expect.closeTo(0.02),
      error: expect.closeTo(Math.sqrt(0.04 / 1000)),
    });
    expect(lossOf(record({ perplexity: 5 }, null), record({ perplexity: 5.5 }, 0.9), null)).toMatchObject({
      of: 'perplexity',
      drop: expect.closeTo(0.1),
    });
    expect(lossOf(record({}, null), record({}, 0.97), null)).toMatchObject({
      of: 'agreement',
      drop: expect.closeTo(0.03),
    });
    expect(lossOf(record({}, null), record({}, null), null)).toMatchObject({
      of: 'error',
      drop: expect.closeTo(0.1),
    });
  });

  it('has limits that no model can meet', () => {
    const impossible: Partial<Budget>[] = [
      { maxDrop: 1.5 },
      { maxBytes: 10 },
      { minSpeedup: 0 },
      { maxLatencyMs: 0 },
    ];
    for (const limit of impossible)
      expect(() => refuseImpossible({ ...BUDGET, ...limit }, 1e6)).toThrow(LlmcError);
    expect(() => refuseImpossible(BUDGET, 1e6)).not.toThrow();
  });
});
