/** Which models of a report are "before" and "after" of one another. */
import type { Comparison, ModelRecord, Report } from './schema.ts';

export interface Candidate {
  readonly model: ModelRecord;
  /** Null when the two were never compared by measurement. */
  readonly comparison: Comparison | null;
}

export interface Group {
  readonly baseline: ModelRecord;
  readonly candidates: readonly Candidate[];
}

/**
 * One group per baseline of the report's comparisons. Without comparisons the first model is the baseline of the
 * rest; models that no comparison names stand alone.
 */
export function groupModels(report: Pick<Report, 'models' | 'comparisons'>): Group[] {
  const { models, comparisons } = report;
  const [first, ...rest] = models;
  if (comparisons.length === 0) {
    if (first === undefined) return [];
    return [{ baseline: first, candidates: rest.map((model) => ({ model, comparison: null })) }];
  }
  const byName = new Map(models.map((model) => [model.name, model]));
  const groups = new Map<string, { baseline: ModelRecord; candidates: Candidate[] }>();
  const placed = new Set<ModelRecord>();
  for (const comparison of comparisons) {
    const baseline = byName.get(comparison.baseline);
    const model = byName.get(comparison.candidate);
    if (!baseline || !model) continue;
    const group = groups.get(baseline.name) ?? { baseline, candidates: [] };
    group.candidates.push({ model, comparison });
    groups.set(baseline.name, group);
    placed.add(baseline).add(model);
  }
  const alone = models
    .filter((model) => !placed.has(model))
    .map((baseline) => ({ baseline, candidates: [] }));
  return [...groups.values(), ...alone];
}
