/** Work to undo when the process is told to stop: temporary files are removed before the exit. */

const pending = new Set<() => void>();

/** Registers a synchronous undo step; call the returned function once the work is complete. */
export function onInterrupt(undo: () => void): () => void {
  pending.add(undo);
  return () => pending.delete(undo);
}

/** Runs every registered step, newest first; a failing one does not stop the others. */
export function runCleanups(): void {
  for (const undo of [...pending].reverse()) {
    pending.delete(undo);
    try {
      undo();
    } catch {
      // A file that is already gone is the goal.
    }
  }
}
