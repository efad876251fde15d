/** Joins the sweeps and capacities of several reports. */
import type { Report } from './schema.ts';

type Bench = Pick<Report, 'sweep' | 'capacity'>;

/** The same under other names of models. */
export function renamedBench({ sweep, capacity }: Report, rename: (name: string) => string): Bench {
  return {
    ...(sweep && {
      sweep: sweep.map((point) => ({
        ...point,
        models: point.models.map((model) => ({ ...model, name: rename(model.name) })),
      })),
    }),
    ...(capacity && {
      capacity: {
        ...capacity,
        plans: capacity.plans.map((plan) => ({ ...plan, model: rename(plan.model) })),
      },
    }),
  };
}

/** All points; all plans for the demand of the first report that has one: plans for another would not compare. */
export function mergedBench(reports: readonly Report[]): Bench {
  const sweep = reports.flatMap((report) => report.sweep ?? []);
  const capacities = reports.flatMap(({ capacity }) => capacity ?? []);
  const [first] = capacities;
  return {
    ...(sweep.length > 0 && { sweep }),
    ...(first && {
      capacity: {
        ...first,
        plans: capacities
          .filter(({ rate, p99Ms }) => rate === first.rate && p99Ms === first.p99Ms)
          .flatMap(({ plans }) => plans),
      },
    }),
  };
}
