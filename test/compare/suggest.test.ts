import { describe, expect, it } from 'vitest';
import { type Suspect, suggest } from '../../src/compare/suggest.ts';
import type { LayerRecord } from '../../src/report/schema.ts';
import { parseModel } from '../support/parse.ts';

const record = (node: string): LayerRecord => ({
  node,
  value: 'v',
  counterpart: 'v',
  matched: 'name',
  order: 0,
  sqnrDb: 12,
  inputSqnrDb: null,
  lossDb: 132,
  addedNoise: 0.06,
  cosine: 0.9,
  maxAbsError: 1,
  touched: true,
});
const suspect = (name: string, noise: number): Suspect => ({
  record: record(`${name} (MatMul)`),
  selector: name,
  noise,
});
const plain = parseModel('g (float[2] x) => (float[2] y) { y = Neg(x) }');
const dynamic = parseModel('g (float[2] x) => (uint8[2] y, s, z) { y, s, z = DynamicQuantizeLinear(x) }');

describe('what to do about layers', () => {
  it('names the one that makes most of the noise', () => {
    expect(suggest([suspect('a', 1), suspect('bad one', 8), suspect('c', 1)], plain)).toEqual([
      "--exclude 'bad one' leaves out bad one (MatMul), behind 80% of the noise",
    ]);
  });

  it('names a few that make half of it together, quoted for a shell', () => {
    const found = suggest([suspect("it's", 3), suspect('b', 2), suspect('c', 2), suspect('d', 2)], plain);
    expect(found).toEqual([
      "--exclude 'it'\\''s' --exclude 'b' leaves out 2 layers, behind 56% of the noise",
    ]);
  });

  it('suggests another way where no layer stands out, by what the model is made of', () => {
    const many = Array.from({ length: 20 }, (_, index) => suspect(`n${index}`, 1));
    expect(suggest(many, plain)).toEqual([
      'no layer stands out: the noise comes from 20 changed layers, the worst at 12.0 dB',
    ]);
    expect(suggest(many, dynamic)[0]).toContain('; try --scheme int8-weights');
  });

  it('says nothing without suspects', () => {
    expect(suggest([], dynamic)).toEqual([]);
  });
});
