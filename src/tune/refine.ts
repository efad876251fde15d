/** What is tried next, from what has been measured: mixed precision, transforms, layers put back, pruning. */
import type { Budget } from './budget.ts';
import type { Candidate, CandidateStep, Trial } from './candidate.ts';

export interface Known {
  readonly trials: readonly Trial[];
  readonly budget: Budget;
  readonly calibrated: boolean;
  /** Layers of a trial that run slower than in floats, told by a profile; null when that was not looked at. */
  readonly slower: (trial: Trial) => Promise<readonly string[] | null>;
}

/** The dial between a scheme and floats or more bits, by scheme. */
const DIALS: Readonly<Record<string, string>> = { int8: 'floatShare', int4: 'int8Ratio' };
const FIRST_SHARE = 0.15;
/** Shares closer than this are no different model. */
const FINEST = 0.02;
const TRANSFORMS = ['smoothquant', 'equalize'];
const SPARSITIES = [0.15, 0.3, 0.5];
/** Pruning is worth a try while this share of the allowed drop is left. */
const SLACK = 0.5;
/** Trials of a family that are refined. */
const BEST = 2;

/** The next candidates, the most promising first; none when nothing better is left. */
export async function nextCandidates(known: Known): Promise<Candidate[]> {
  const tried = new Set(known.trials.map(({ candidate }) => keyOf(candidate)));
  const found: Candidate[] = [];
  const propose = (candidate: Candidate): void => {
    const key = keyOf(candidate);
    if (tried.has(key)) return;
    tried.add(key);
    found.push(candidate);
  };
  for (const [scheme, dial] of Object.entries(DIALS)) turnDial(scheme, dial, known, propose);
  for (const scheme of ['int8', 'int8-dynamic']) {
    const [best] = known.trials
      .filter(({ candidate }) => schemeOf(candidate) === scheme)
      .sort((a, b) => worth(b) - worth(a));
    if (best) for (const candidate of await putBack(best, known)) propose(candidate);
  }
  for (const trial of promising(known)) {
    for (const candidate of transformed(trial, known)) propose(candidate);
    for (const candidate of pruned(trial, known)) propose(candidate);
  }
  return found;
}

export function keyOf({ steps }: Candidate): string {
  return JSON.stringify(
    steps.map(({ step, given }) => [step, Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1))]),
  );
}

export function withinDrop({ point }: Trial, { maxDrop }: Budget): boolean {
  return maxDrop === null || point.drop <= maxDrop;
}

/**
 * Bisects the share of a model that stays in more bits: between the largest that loses too much and the smallest that
 * does not. Where the plain scheme holds the budget already, there is nothing to turn.
 */
function turnDial(scheme: string, dial: string, known: Known, propose: (candidate: Candidate) => void): void {
  const own = known.trials.filter(
    ({ candidate }) => schemeOf(candidate) === scheme && isPlain(candidate, dial),
  );
  const bases = own.filter(({ candidate }) => shareOf(candidate, dial) === 0);
  for (const base of [...bases].sort((a, b) => a.point.drop - b.point.drop).slice(0, BEST)) {
    if (withinDrop(base, known.budget)) continue;
    const line = own.filter(({ candidate }) => sameBut(candidate, base.candidate, dial));
    const holding = line
      .filter((trial) => withinDrop(trial, known.budget))
      .map(({ candidate }) => shareOf(candidate, dial));
    const failing = line
      .filter((trial) => !withinDrop(trial, known.budget))
      .map(({ candidate }) => shareOf(candidate, dial));
    const low = Math.max(0, ...failing);
    const high = Math.min(1, ...holding.filter((share) => share > low));
    const next = holding.length === 0 ? (low === 0 ? FIRST_SHARE : Math.min(0.9, low * 2)) : (low + high) / 2;
    if (next - low < FINEST || high - next < FINEST) continue;
    const share = Math.round(next * 1000) / 1000;
    propose(
      changed(
        base.candidate,
        { [dial]: String(share) },
        `${base.candidate.label}, ${Math.round(share * 1000) / 10}% ${dial === 'floatShare' ? 'float' : 'int8'}`,
      ),
    );
  }
}

/** What runs slower than in floats is left in floats; looked at once for a scheme, on the best of it. */
async function putBack(trial: Trial, { slower, trials }: Known): Promise<Candidate[]> {
  const { candidate } = trial;
  const scheme = schemeOf(candidate);
  if (!scheme.startsWith('int8') || scheme === 'int8-weights' || candidate.steps.length > 1) return [];
  const looked = trials.some(
    (other) =>
      schemeOf(other.candidate) === scheme && other.candidate.steps.at(-1)?.given['exclude'] !== undefined,
  );
  if (looked) return [];
  const layers = await slower(trial);
  if (!layers || layers.length === 0) return [];
  return [
    changed(candidate, { exclude: layers }, `${candidate.label}, ${layers.length} slower layers float`),
  ];
}

function transformed({ candidate }: Trial, { calibrated, trials }: Known): Candidate[] {
  const given = candidate.steps.at(-1)?.given ?? {};
  if (!calibrated || schemeOf(candidate) !== 'int8' || given['transform'] !== undefined) return [];
  // One scheme is enough to see what a transform does to the model.
  if (trials.some((other) => other.candidate.steps.some((step) => step.given['transform'] !== undefined)))
    return [];
  return TRANSFORMS.map((name) => changed(candidate, { transform: [name] }, `${candidate.label}, ${name}`));
}

/** A part of all channels goes before the rest is quantized, where accuracy is left to spend. */
function pruned(trial: Trial, { budget, calibrated }: Known): Candidate[] {
  const { candidate, point } = trial;
  const { maxDrop } = budget;
  if (!calibrated || maxDrop === null || point.drop > maxDrop * SLACK) return [];
  const before = candidate.steps.find(({ step }) => step === 'prune');
  const sparsity = Number(before?.given['sparsity'] ?? 0);
  const next = SPARSITIES.find((share) => share > sparsity);
  if (next === undefined) return [];
  const rest = candidate.steps.filter(({ step }) => step !== 'prune');
  const label = candidate.label.replace(/^\d+% pruned, /, '');
  const prune: CandidateStep = { step: 'prune', given: { structure: 'channels', sparsity: String(next) } };
  return [{ ...candidate, label: `${next * 100}% pruned, ${label}`, steps: [prune, ...rest], single: false }];
}

/** Those that others are made of: the best that hold the budget, else those that come closest. */
function promising({ trials, budget }: Known): Trial[] {
  const holding = trials.filter((trial) => withinDrop(trial, budget));
  const pool = holding.length > 0 ? holding : [...trials].sort((a, b) => a.point.drop - b.point.drop);
  return [...pool].sort((a, b) => worth(b) - worth(a)).slice(0, BEST + 1);
}

function worth({ point }: Trial): number {
  return Math.log(point.speedup) - Math.log(point.sizeRatio);
}

function schemeOf({ steps }: Candidate): string {
  return String(steps.findLast(({ step }) => step === 'quantize')?.given['scheme'] ?? '');
}

function shareOf({ steps }: Candidate, dial: string): number {
  return Number(steps.at(-1)?.given[dial] ?? 0);
}

/** Without steps in front and without other refinements than the dial. */
function isPlain({ steps }: Candidate, dial: string): boolean {
  const given = steps.at(-1)?.given ?? {};
  return (
    steps.length === 1 &&
    Object.keys(given).every((name) => name === dial || !['exclude', 'transform'].includes(name))
  );
}

function sameBut(a: Candidate, b: Candidate, dial: string): boolean {
  const without = ({ steps }: Candidate): string => {
    const { [dial]: _, ...rest } = steps.at(-1)?.given ?? {};
    return keyOf({ label: '', single: false, family: '', steps: [{ step: 'quantize', given: rest }] });
  };
  return without(a) === without(b);
}

/** The candidate with other options of its last step. */
function changed(candidate: Candidate, given: Readonly<Record<string, unknown>>, label: string): Candidate {
  const last = candidate.steps.at(-1);
  if (!last) throw new Error('a candidate has steps');
  const steps = [...candidate.steps.slice(0, -1), { ...last, given: { ...last.given, ...given } }];
  return { ...candidate, label, steps, single: false };
}
