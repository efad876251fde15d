/** What a search is asked. */
import type { HashIndex } from '../cache/hash-index.ts';
import type { Store } from '../cache/store.ts';
import type { Budget, Goal } from './budget.ts';

export interface TuneJob {
  readonly model: string;
  /** Rows that quantization and pruning look at; null for none. */
  readonly calibration: string | null;
  /** Rows to judge by: one half chooses, the other one confirms. */
  readonly evaluation: string;
  readonly budget: Budget;
  readonly goal: Goal;
  /** The metric that counts; null for the first there is. */
  readonly metric: string | null;
  readonly dims: Readonly<Record<string, number>>;
  /** Candidates made at most. */
  readonly trials: number;
  /** Milliseconds after which no more are begun. */
  readonly timeMs: number;
  /** Processes that make candidates. */
  readonly jobs: number;
  /** Whether weights may be taken out. */
  readonly prune: boolean;
  readonly store: Store;
  readonly index: HashIndex;
  readonly version: string;
}
