/** Opens a tokenizer of Hugging Face (tokenizer.json, with tokenizer_config.json beside it). */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { LlmcError } from '../../errors.ts';
import type { DataSpec } from '../spec.ts';
import { keptTokens } from './kept-tokens.ts';
import type { Side } from './truncate.ts';
import { cut, keptLengths } from './truncate.ts';

/** The ids of a text, special tokens included. */
export interface Encoded {
  readonly ids: readonly number[];
  /** Which of the two texts a token belongs to. */
  readonly types: readonly number[];
}

export interface TextTokenizer {
  /** The file, for messages. */
  readonly name: string;
  readonly padId: number;
  readonly padSide: Side;
  /** What it was made for; undefined where its files say nothing. */
  readonly maxLength: number | undefined;
  /** At most `maxLength` tokens. @throws Error for text it has no tokens for */
  encode(texts: readonly [string, string?], maxLength: number): Encoded;
  /** Told when the rows of a batch are made. */
  settle?(): void;
}

const token = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)]);
const side = z.enum(['left', 'right']).optional().catch(undefined);
const configSchema = z.looseObject({
  pad_token: token.nullish().catch(undefined),
  eos_token: token.nullish().catch(undefined),
  padding_side: side,
  truncation_side: side,
  model_max_length: z.number().positive().optional().catch(undefined),
});
const tokenizerSchema = z.looseObject({
  model: z.looseObject({}),
  padding: z
    .looseObject({ pad_id: z.int().nonnegative(), direction: z.string().optional() })
    .nullish()
    .catch(undefined),
  truncation: z.looseObject({ max_length: z.int().positive() }).nullish().catch(undefined),
});

/** Larger numbers stand for "no limit" in the files of Hugging Face. */
const NO_LIMIT = 1e6;

/** What padding is called in the vocabularies of models. */
const PADDING = ['[PAD]', '<pad>', '<|pad|>', '<|endoftext|>', '</s>'];

/** The tokenizer a spec names. LlmcError DATA or FILE_NOT_FOUND, naming the file. */
export async function openTokenizer(spec: DataSpec): Promise<TextTokenizer> {
  const path = spec.options.get('tokenizer');
  if (path === undefined)
    throw new LlmcError('DATA', `"${spec.text}" has text without a tokenizer`, {
      hint: 'add tokenizer=path/to/tokenizer.json, the file beside the model on huggingface.co',
    });
  const { Tokenizer } = await import('@huggingface/tokenizers');
  const json = tokenizerSchema.safeParse(await readJson(path, true));
  const configPath = join(dirname(path), 'tokenizer_config.json');
  const config = configSchema.safeParse((await readJson(configPath, false)) ?? {});
  if (!json.success || !config.success) throw unusable(json.success ? configPath : path);
  const { padding, truncation } = json.data;
  const { pad_token, eos_token, padding_side, truncation_side, model_max_length } = config.data;
  const tokenizer = make();
  function make(): InstanceType<typeof Tokenizer> {
    try {
      // The library reads these lists without asking whether they are there.
      const whole = {
        added_tokens: [],
        normalizer: null,
        pre_tokenizer: null,
        post_processor: null,
        decoder: null,
      };
      return new Tokenizer({ ...whole, ...json.data }, config.data ?? {});
    } catch (cause) {
      throw unusable(path as string, cause);
    }
  }
  const known = [pad_token, ...PADDING, eos_token].flatMap((name) => {
    const id = typeof name === 'string' ? tokenizer.token_to_id(name) : undefined;
    return id === undefined ? [] : [id];
  });
  const stated = Math.min(model_max_length ?? Infinity, truncation?.max_length ?? Infinity);
  const opened: TextTokenizer = {
    name: basename(path),
    padId: padding?.pad_id ?? known[0] ?? 0,
    padSide: padding_side ?? (padding?.direction?.toLowerCase() === 'left' ? 'left' : 'right'),
    maxLength: stated < NO_LIMIT ? stated : undefined,
    encode: encoder(tokenizer, truncation_side ?? 'right'),
  };
  return await keptTokens(opened, spec, [path, configPath]);
}

type Library = InstanceType<typeof import('@huggingface/tokenizers').Tokenizer>;

function encoder(tokenizer: Library, truncationSide: Side): TextTokenizer['encode'] {
  const { model, normalizer } = tokenizer;
  const added = new Map<string, number>();
  for (const [id, each] of tokenizer.get_added_tokens_decoder()) {
    added.set(each.content, id);
    if (each.normalized && normalizer) added.set(normalizer.normalize(each.content), id);
  }
  const idOf = (text: string): number => {
    const id = added.get(text) ?? tokenizer.token_to_id(text) ?? model?.unk_token_id;
    if (id === undefined) throw new Error(`there is no token for "${text.slice(0, 20)}"`);
    return id;
  };
  const finish = (first: readonly string[], second: readonly string[] | null) => {
    const { post_processor } = tokenizer;
    const made = post_processor
      ? post_processor.post_process([...first], second && [...second], true)
      : { tokens: [...first], tokens_pair: [...(second ?? [])] };
    // Processors that only mark bytes leave joining the two to the caller.
    const { tokens, tokens_pair = [], token_type_ids } = made;
    const types = token_type_ids ?? [...tokens.map(() => 0), ...(tokens_pair ?? []).map(() => 1)];
    return { tokens: [...tokens, ...(tokens_pair ?? [])], types };
  };
  const special = [null, []].map((pair) => finish([], pair).tokens.length);
  return ([text, pair], maxLength) => {
    const first = tokenizer.tokenize(text);
    const second = pair === undefined ? null : tokenizer.tokenize(pair);
    const most = Math.max(0, maxLength - (special[second ? 1 : 0] as number));
    const [a, b] = keptLengths(first.length, second?.length ?? 0, most);
    const { tokens, types } = finish(cut(first, a, truncationSide), second && cut(second, b, truncationSide));
    return { ids: tokens.map(idOf), types };
  };
}

async function readJson(path: string, required: boolean): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (!required && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LlmcError('FILE_NOT_FOUND', `cannot read the tokenizer ${path}`, {
      hint: 'give the path of a tokenizer.json, relative to the current folder',
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unusable(path, cause);
  }
}

function unusable(path: string, cause?: unknown): LlmcError {
  return new LlmcError('DATA', `${path} is no tokenizer that llmc can use`, {
    hint: 'take the tokenizer.json of the model on huggingface.co; vocab.txt and tokenizer.model need converting',
    cause,
  });
}
