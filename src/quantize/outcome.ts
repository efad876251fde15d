/** What a scheme reports: what it changed, and a reason for every weight that stayed float. */
import type { Skipped } from '../report/schema.ts';

export interface Change {
  /** The node or tensor, by name. */
  readonly what: string;
  readonly detail: string;
}

/** Collected while a scheme runs over the model. */
export class Outcome {
  readonly changed: Change[] = [];
  /** What was done to the float model beforehand, so that it loses less. */
  readonly prepared: Change[] = [];
  skipped: Skipped[] = [];
  readonly notes: string[] = [];

  change(what: string, detail: string): void {
    this.changed.push({ what, detail });
  }

  prepare(what: string, detail: string): void {
    this.prepared.push({ what, detail });
  }

  /** A tensor or node that stays as it is; `bytes` is its share of the file. */
  skip(what: string, reason: string, bytes = 0, kind: 'tensor' | 'node' = 'tensor'): void {
    this.skipped.push({ what, kind, bytes, reason });
  }

  /** Changes entries after the fact; null drops one. */
  replaceSkipped(change: (entry: Skipped) => Skipped | null): void {
    this.skipped = this.skipped.flatMap((entry) => change(entry) ?? []);
  }

  note(text: string): void {
    this.notes.push(text);
  }
}
