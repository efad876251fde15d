/** What a sweep varies: axes as they are written, and the points where they cross. */
import { LlmcError } from '../errors.ts';

/** `batch`, `threads` or a symbolic dim with its sizes. */
export interface SweepAxis {
  readonly name: string;
  readonly values: readonly number[];
}

/** A value for each axis. */
export type SweepPlace = Readonly<Record<string, number>>;

/** More take too long to measure and to read. */
const MOST_POINTS = 64;

/** Of `batch=1,4,16`; values ascend. LlmcError USAGE, also where one name is given twice or the points are too many. */
export function parseSweep(texts: readonly string[]): SweepAxis[] {
  const axes = texts.map((text) => {
    const match = /^(.+)=([^=]+)$/.exec(text);
    const values = (match?.[2] ?? '')
      .split(',')
      .map((part) => (/^\s*[1-9]\d{0,8}\s*$/.test(part) ? Number(part) : 0));
    if (!match || values.includes(0))
      throw usage(
        `--sweep "${text}" is not name=size,size,...`,
        'write --sweep batch=1,4,16, with whole numbers from 1',
      );
    return { name: match[1] as string, values: [...new Set(values)].sort((a, b) => a - b) };
  });
  for (const [index, { name }] of axes.entries())
    if (axes.findIndex((other) => other.name === name) < index)
      throw usage(`--sweep ${name} is given twice`, `give all its values at once: --sweep ${name}=1,4`);
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count > MOST_POINTS)
    throw usage(
      `the sweep has ${count} points, more than ${MOST_POINTS}`,
      'give fewer values, or sweep one thing after the other',
    );
  return axes;
}

/** Every combination; the last axis runs fastest. */
export function crossed(axes: readonly SweepAxis[]): SweepPlace[] {
  return axes.reduce<SweepPlace[]>(
    (places, { name, values }) =>
      places.flatMap((place) => values.map((value) => ({ ...place, [name]: value }))),
    [{}],
  );
}

/** "batch=4 threads=2". */
export function placeName(place: SweepPlace): string {
  return Object.entries(place)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function usage(message: string, hint: string): LlmcError {
  return new LlmcError('USAGE', message, { hint });
}
