/** Notes of a transform about the layers it left alone. */
import type { Outcome } from '../outcome.ts';
import type { Migrations } from './groups.ts';

/** One note for each reason, with the layers it holds for. */
export function noteReasons(transform: string, left: Migrations['refused'], outcome: Outcome): void {
  const byReason = new Map<string, string[]>();
  for (const { contraction, reason } of left) {
    const known = byReason.get(reason);
    if (known) known.push(contraction.node.label);
    else byReason.set(reason, [contraction.node.label]);
  }
  for (const [reason, labels] of byReason) {
    const shown = labels.slice(0, 3).join(', ');
    outcome.note(
      `${transform} left ${shown}${labels.length > 3 ? ` and ${labels.length - 3} more` : ''} alone: ${reason}`,
    );
  }
}
