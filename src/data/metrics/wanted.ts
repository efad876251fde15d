/** Metrics as they are asked for: `f1`, `cer?blank=0`. */
import { LlmcError } from '../../errors.ts';
import type { Metric, Parameters } from './metric.ts';
import { isModule, moduleMetric } from './module.ts';
import { metrics } from './table.ts';

export interface Wanted {
  readonly metric: Metric;
  readonly parameters: Parameters;
}

/** What is computed where nothing is asked for. */
export const AUTOMATIC: readonly Wanted[] = metrics
  .filter(({ automatic }) => automatic)
  .map((metric) => ({ metric, parameters: metric.parameters ?? {} }));

/** Those of modules, by path. */
const loaded = new Map<string, Metric>();

/** Imports the metrics that are asked for by the path of a module, so that `wantedMetrics` knows them. */
export async function loadMetrics(texts: readonly string[]): Promise<void> {
  for (const path of texts)
    if (isModule(path) && !loaded.has(path)) loaded.set(path, await moduleMetric(path));
}

/** Metrics by name, with their parameters. @throws LlmcError USAGE for names and parameters that there are not */
export function wantedMetrics(texts: readonly string[]): readonly Wanted[] {
  return texts.length === 0 ? AUTOMATIC : texts.map(parse);
}

function parse(text: string): Wanted {
  const own = loaded.get(text);
  if (own) return { metric: own, parameters: {} };
  const [name = '', query = ''] = text.split('?', 2);
  const metric = metrics.find((each) => each.name === name);
  if (!metric)
    throw new LlmcError('USAGE', `there is no metric '${name}'`, {
      hint: `there are ${metrics.map((each) => each.name).join(', ')}; or give the path of a .mjs module`,
    });
  const parameters: Record<string, number> = { ...metric.parameters };
  for (const [key, value] of new URLSearchParams(query)) {
    if (!Object.hasOwn(parameters, key))
      throw new LlmcError('USAGE', `${name} has no parameter '${key}'`, {
        hint:
          Object.keys(parameters).length > 0 ? `it has ${Object.keys(parameters).join(', ')}` : 'it has none',
      });
    if (!/^\d{1,9}$/.test(value))
      throw new LlmcError('USAGE', `${name}: ${key} is '${value}'`, { hint: 'give a whole number' });
    parameters[key] = Number(value);
  }
  return { metric, parameters };
}
