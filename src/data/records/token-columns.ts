/** Fields of text as columns of tokens: ids, which of them are real, and which text they belong to. */
import { LlmcError } from '../../errors.ts';
import { cacheKeys } from '../files/cache-options.ts';
import type { HostTensor } from '../host-tensor.ts';
import { type DataSpec, positiveOption } from '../spec.ts';
import type { Encoded, TextTokenizer } from '../tokens/tokenizer.ts';
import type { ColumnMaker } from './column-maker.ts';

/** Options about text. */
export const TOKEN_KEYS = {
  text: 'field with the text, or two for pairs: text=question,answer',
  tokenizer: 'tokenizer.json that makes tokens of the text',
  maxLength: 'most tokens of a row, longer text is cut; default what the tokenizer says',
  padding: 'longest (of a batch, the default) or max (all rows to maxLength)',
  ...cacheKeys('the tokens of texts'),
};

/**
 * Columns input_ids, attention_mask and token_type_ids, int64.
 * @param fields one, or two for pairs
 * @throws LlmcError DATA for options that contradict each other
 */
export function tokenColumns(
  fields: readonly string[],
  tokenizer: TextTokenizer,
  spec: DataSpec,
): ColumnMaker {
  if (fields.length < 1 || fields.length > 2)
    throw new LlmcError('DATA', `"${spec.text}" names ${fields.length || 'no'} fields of text`, {
      hint: 'name one field, or two for pairs: text=question,answer',
    });
  const { most, width } = lengthsOf(tokenizer, spec);
  const columns = ['input_ids', 'attention_mask', 'token_type_ids'].map((name, at) => ({
    name,
    dtype: 'int64',
    dims: [width],
    shared: false,
    ...(at > 0 && { generated: true }),
  }));
  return {
    columns,
    fields,
    make([first = [], second], problem) {
      const rows = Array.from(first, (text, at): Encoded => {
        const pair = second?.[at];
        const odd = typeof text !== 'string' ? 0 : second && typeof pair !== 'string' ? 1 : -1;
        if (odd >= 0)
          throw problem(at, fields[odd] ?? '', 'holds no text', 'every row needs text; leave the row out');
        try {
          return tokenizer.encode(second ? [text as string, pair as string] : [text as string], most);
        } catch (cause) {
          const what = `cannot be tokenized by ${tokenizer.name}: ${(cause as Error).message}`;
          throw problem(at, fields[0] ?? '', what, 'use the tokenizer the model was made with');
        }
      });
      tokenizer.settle?.();
      return pack(rows, tokenizer, width);
    },
  };
}

function lengthsOf(tokenizer: TextTokenizer, spec: DataSpec): { most: number; width: number | null } {
  const padding = spec.options.get('padding') ?? 'longest';
  const most = positiveOption(spec, 'maxLength') ?? tokenizer.maxLength;
  if (padding === 'longest') return { most: most ?? Infinity, width: null };
  if (padding !== 'max')
    throw new LlmcError('DATA', `option padding=${padding} in "${spec.text}" is unknown`, {
      hint: 'padding=longest or padding=max',
    });
  if (most !== undefined) return { most, width: most };
  throw new LlmcError('DATA', `"${spec.text}" pads to a length that is not known`, {
    hint: `${tokenizer.name} states none: add maxLength=128`,
  });
}

function pack(
  rows: readonly Encoded[],
  { padId, padSide }: TextTokenizer,
  width: number | null,
): HostTensor[] {
  const length = width ?? Math.max(1, ...rows.map(({ ids }) => ids.length));
  const dims = [rows.length, length];
  const ids = new BigInt64Array(rows.length * length).fill(BigInt(padId));
  const mask = new BigInt64Array(ids.length);
  const types = new BigInt64Array(ids.length);
  for (const [row, encoded] of rows.entries()) {
    const start = row * length + (padSide === 'left' ? length - encoded.ids.length : 0);
    for (let at = 0; at < encoded.ids.length; at++) {
      ids[start + at] = BigInt(encoded.ids[at] as number);
      mask[start + at] = 1n;
      types[start + at] = BigInt(encoded.types[at] ?? 0);
    }
  }
  return [ids, mask, types].map((data) => ({ dtype: 'int64', dims, data }));
}
