/** Tokens of text equal those of Hugging Face's own tokenizers. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openHere, parseDataSpec } from '../../src/data/open.ts';
import { openTokenizer } from '../../src/data/tokens/tokenizer.ts';
import { keptLengths } from '../../src/data/tokens/truncate.ts';

interface Case {
  readonly text: string | readonly [string, string];
  readonly limit: number | null;
  readonly ids: readonly number[];
  readonly types: readonly number[];
}

const file = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const open = (path: string) =>
  openTokenizer(parseDataSpec(`x.jsonl?text=t&tokenizer=${encodeURIComponent(path)}`));

describe.each(['wordpiece', 'byte-bpe'])('%s', (name) => {
  const cases: readonly Case[] = JSON.parse(readFileSync(file(`${name}/cases.json`), 'utf8'));

  it('gives the ids of the reference, whole and shortened, for texts and pairs', async () => {
    const tokenizer = await open(file(`${name}/tokenizer.json`));
    expect(cases.length).toBeGreaterThan(30);
    for (const { text, limit, ids, types } of cases) {
      const texts = typeof text === 'string' ? ([text] as const) : text;
      const found = tokenizer.encode(texts, limit ?? Infinity);
      expect(found, JSON.stringify([text, limit])).toEqual({ ids, types });
    }
  });
});

it('gives the ids that a model was trained on', async () => {
  const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/data/${name}`, import.meta.url));
  const rows = async (spec: string): Promise<string[]> => {
    const dataset = await openHere(parseDataSpec(spec));
    const found: string[] = [];
    for await (const { inputs } of dataset?.batches({ size: 1 }) ?? [])
      found.push(['input_ids', 'attention_mask'].map((name) => inputs[name]?.data.join()).join());
    return found;
  };
  const stored = new Set(await rows(fixture('text-eval.npz')));
  const tokenizer = encodeURIComponent(fixture('text-tokenizer.json'));
  const made = await rows(`${fixture('text-eval.jsonl')}?text=sentence&tokenizer=${tokenizer}&padding=max`);
  expect(made).toHaveLength(61);
  expect(made.filter((ids) => !stored.has(ids))).toEqual([]);
});

it('takes padding and length from the files of the tokenizer', async () => {
  const wordpiece = await open(file('wordpiece/tokenizer.json'));
  expect(wordpiece).toMatchObject({ padId: 0, padSide: 'right', maxLength: 64 });
  expect(await open(file('byte-bpe/tokenizer.json'))).toMatchObject({
    padSide: 'left',
    maxLength: undefined,
  });
});

it('never keeps more than there is room for, nor more than there is', () => {
  for (let first = 0; first < 9; first++)
    for (let second = 0; second < 9; second++)
      for (let most = 0; most < 20; most++) {
        const [a, b] = keptLengths(first, second, most);
        expect(a + b).toBeLessThanOrEqual(most);
        expect(a <= first && b <= second).toBe(true);
        // Nothing is lost where there is room for all.
        if (first + second <= most) expect([a, b]).toEqual([first, second]);
        else expect(a + b, `${first} ${second} ${most}`).toBe(most);
      }
});

it.each([
  ['missing.json', 'FILE_NOT_FOUND', /cannot read the tokenizer .*missing.json/],
  ['README.md', 'DATA', /README.md is no tokenizer/],
  ['wordpiece/cases.json', 'DATA', /cases.json is no tokenizer/],
  ['wordpiece/tokenizer_config.json', 'DATA', /tokenizer_config.json is no tokenizer/],
])('%s is refused', async (name, code, message) => {
  await expect(open(file(name))).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});
