/** Text. */
import { defineOps, type OpSpec } from '../spec.ts';

export const text: readonly OpSpec[] = [
  { type: 'RegexFullMatch', quant: { kind: 'exact' }, types: 'string -> bool' },
  { type: 'StringConcat', quant: { kind: 'exact' }, types: 'string, string -> string' },
  ...defineOps(['StringNormalizer', 'com.microsoft.Tokenizer'], {
    quant: { kind: 'exact' },
    types: 'string -> string',
  }),
  { type: 'StringSplit', quant: { kind: 'exact' }, types: 'string -> string, int64' },
  { type: 'TfIdfVectorizer', quant: { kind: 'exact' }, types: 'int32|int64|string -> float32' },
];
