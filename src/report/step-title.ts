/** What a step is called: its command, and the scheme where it names one. */
import type { StepRecord } from './schema.ts';

/** "quantize int8-dynamic" for a step named quantize with that scheme. */
export function stepTitle({ name, options }: StepRecord): string {
  const { scheme } = options;
  return typeof scheme === 'string' && !name.includes(scheme) ? `${name} ${scheme}` : name;
}
