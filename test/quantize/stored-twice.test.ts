/** A weight that --exclude divides among codes and floats: the report says that the file holds both, and only then. */
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/ir/model.ts';
import { allGraphs } from '../../src/ir/walk.ts';
import { graphOf } from '../support/quantize-graphs.ts';
import { type FixedScheme, type Options, quantize } from '../support/quantized.ts';

const TIED = [
  'an embedding tied to its projection',
  'an embedding tied to a Gemm',
  'a projection that stands before its embedding',
];

const SETTINGS: readonly (readonly [FixedScheme, Options])[] = [
  ['int8', { data: 'synthetic', calibration: 'minmax' }],
  ['int8-dynamic', {}],
  ['int8-weights', {}],
  ['int8-weights', { format: 'cast' }],
  ['int4', {}],
  ['fp16', {}],
];

const EXCLUDED = [['look'], ['head'], ['look', 'head'], []];

/** How often the file holds what was one table of 40 x 64. */
function copies(model: Model): number {
  return [...allGraphs(model)]
    .flatMap((graph) => [...graph.initializers])
    .filter(({ tensor }) => tensor && tensor.size >= (40 * 64) / 2).length;
}

describe.for(TIED)('%s', (name) => {
  it.for(
    SETTINGS.flatMap(([scheme, options]) => EXCLUDED.map((exclude) => [scheme, options, exclude] as const)),
  )('%s %j without %j', async ([scheme, options, exclude]) => {
    const { model, outcome } = await quantize(graphOf(name), scheme, { ...options, exclude: [...exclude] });
    const notes = outcome.notes.filter((note) => note.includes('is stored twice'));
    expect(notes).toHaveLength(copies(model) - 1);
    if (exclude.length !== 1) expect(notes).toEqual([]);
    for (const note of notes)
      expect(note).toMatch(
        exclude[0] === 'look'
          ? /^"table" is stored twice, as codes for .*head.* and as 10\.2 KB of floats for .*look.* \(excluded by --exclude\)/
          : /^"table" is stored twice, as codes for .*look.* and as 10\.2 KB of floats for .*head.* \(excluded by --exclude\)/,
      );
  });
});
