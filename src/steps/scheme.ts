/** The names of `--scheme`: what exists, what other tools call it. */
import { LlmcError } from '../errors.ts';
import { closest } from '../report/suggest.ts';

export const SCHEMES = ['auto', 'int8', 'int8-dynamic', 'int8-weights', 'int4', 'fp16', 'bf16'] as const;
export type SchemeName = (typeof SCHEMES)[number];

/** What a scheme's name asks for. */
export interface SchemeRequest {
  /** As typed, lower case; names the output file. */
  readonly label: string;
  readonly scheme: SchemeName;
  /** `q4f16`: what stays float becomes fp16. */
  readonly halfFloats: boolean;
  /** `uint8`: unsigned weights; null leaves it to `--weights-type`. */
  readonly weightsType: 'int8' | 'uint8' | null;
}

type Meaning = Pick<SchemeRequest, 'scheme'> & Partial<SchemeRequest>;

/** Names of the JavaScript ecosystem (Transformers.js dtypes). */
const ALIASES: Readonly<Record<string, Meaning>> = {
  q8: { scheme: 'int8-dynamic' },
  uint8: { scheme: 'int8-dynamic', weightsType: 'uint8' },
  q4: { scheme: 'int4' },
  q4f16: { scheme: 'int4', halfFloats: true },
  float16: { scheme: 'fp16' },
  bfloat16: { scheme: 'bf16' },
};

/** For help: the schemes, then the aliases. */
export const SCHEME_NAMES: readonly string[] = [...SCHEMES, 'q8', 'uint8', 'q4', 'q4f16'];

/** @throws LlmcError USAGE for names that mean nothing */
export function parseScheme(given: string): SchemeRequest {
  const label = given.toLowerCase();
  const scheme = SCHEMES.find((name) => name === label);
  const meaning = scheme ? { scheme } : Object.hasOwn(ALIASES, label) ? ALIASES[label] : undefined;
  if (meaning) return { label, halfFloats: false, weightsType: null, ...meaning };
  const guess = closest(label, SCHEME_NAMES);
  throw new LlmcError('USAGE', `there is no scheme "${given}"`, {
    hint: `${guess === null ? '' : `did you mean ${guess}? `}schemes: ${SCHEME_NAMES.join(', ')}`,
  });
}
