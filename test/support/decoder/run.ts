/** Runs a decoder over tokens with a cache, all at once or step by step, and samples text from it. */
import type { HostTensor } from '../../../src/data/host-tensor.ts';
import { uniform } from '../../../src/random.ts';
import type { Feeds } from '../../../src/runtime/feeds.ts';
import type { Session } from '../../../src/runtime/session.ts';

/** Rows of equally many tokens. */
export type Tokens = readonly (readonly number[])[];

type Outputs = Readonly<Record<string, HostTensor>>;

function int64(rows: Tokens): HostTensor {
  return {
    dtype: 'int64',
    dims: [rows.length, rows[0]?.length ?? 0],
    data: BigInt64Array.from(rows.flat(), BigInt),
  };
}

/** Feeds for new tokens behind `past` earlier ones, whose cache is among `earlier`. */
export function feedsFor(session: Session, tokens: Tokens, past: number, earlier: Outputs | null): Feeds {
  const [batch, length] = [tokens.length, tokens[0]?.length ?? 0];
  const feeds: Record<string, HostTensor> = { input_ids: int64(tokens) };
  for (const { name, dims, dtype } of session.inputs) {
    const row = (size: number, at: (index: number) => number): number[] =>
      Array.from({ length: size }, (_, i) => at(i));
    if (name === 'attention_mask') feeds[name] = int64(tokens.map(() => row(past + length, () => 1)));
    if (name === 'position_ids') feeds[name] = int64(tokens.map(() => row(length, (at) => past + at)));
    if (!name.startsWith('past')) continue;
    const kept = earlier?.[name.replace('past_key_values', 'present')];
    const empty = dtype === 'float16' ? new Uint16Array(0) : new Float32Array(0);
    feeds[name] = kept ?? { dtype, dims: [batch, Number(dims[1]), 0, Number(dims[3])], data: empty };
  }
  return feeds;
}

/** Logits [batch, tokens, vocabulary] as one array. */
export async function allAtOnce(session: Session, tokens: Tokens): Promise<Float32Array> {
  const { logits } = await session.run(feedsFor(session, tokens, 0, null));
  return logits?.data as Float32Array;
}

/** The logits of the last token of each row, after all others went through the cache one by one behind `prefix`. */
export async function stepByStep(session: Session, tokens: Tokens, prefix: number): Promise<Float32Array> {
  let found = await session.run(
    feedsFor(
      session,
      tokens.map((row) => row.slice(0, prefix)),
      0,
      null,
    ),
  );
  const length = tokens[0]?.length ?? 0;
  for (let at = prefix; at < length; at++) {
    const next = tokens.map((row) => row.slice(at, at + 1));
    found = await session.run(feedsFor(session, next, at, found));
  }
  return found['logits']?.data as Float32Array;
}

/** Text the model itself would write: of all models, it has the lowest perplexity on it. */
export async function sample(session: Session, rows: number, length: number, seed: number): Promise<Tokens> {
  const next = uniform(seed);
  const vocabulary = Number(session.outputs.find(({ name }) => name === 'logits')?.dims[2]);
  const text = Array.from({ length: rows }, () => [Math.floor(next() * vocabulary)]);
  let earlier: Outputs | null = null;
  for (let at = 0; at + 1 < length; at++) {
    earlier = await session.run(
      feedsFor(
        session,
        text.map((row) => row.slice(at)),
        at,
        earlier,
      ),
    );
    const logits = earlier['logits']?.data as Float32Array;
    for (const [row, tokens] of text.entries())
      tokens.push(draw(logits.subarray(row * vocabulary, (row + 1) * vocabulary), next()));
  }
  return text;
}

/** The token at a place between 0 and 1 of the distribution that scores stand for. */
function draw(scores: Float32Array, place: number): number {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Float64Array.from(scores, (score) => Math.exp(score - largest));
  let left = place * weights.reduce((a, b) => a + b, 0);
  const found = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return found < 0 ? scores.length - 1 : found;
}
