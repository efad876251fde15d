import { describe, expect, it } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import { encode } from '../../src/onnx/encode.ts';
import { Layout, type LayoutOptions, needsDataFiles, weightBytes } from '../../src/onnx/layout.ts';
import type { TensorProto } from '../../src/onnx/proto.ts';
import { modelTable } from '../../src/onnx/schema.ts';
import { modelToProto } from '../../src/onnx/to-proto.ts';
import { uniform } from '../../src/random.ts';
import { counting, modelOver, neverRead } from './weights.ts';

const DEFAULTS: LayoutOptions = { externalData: 'auto', shardBytes: null, alignBytes: 4096 };
const GB = 2 ** 30;

interface Placed {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** Where each initializer of a model over sources of these sizes goes; null for inside. */
function placesOf(sizes: readonly number[], options: Partial<LayoutOptions>) {
  const layout = new Layout('m.onnx', { ...DEFAULTS, ...options });
  const proto = modelToProto(modelOver(sizes.map(neverRead)), layout.place);
  const places = (proto.graph?.initializer ?? []).map(placeOf);
  return { layout, places, proto };
}

function placeOf({ data_location, external_data }: TensorProto): Placed | null {
  if (data_location !== 1) return null;
  const entry = (name: string) => external_data?.find(({ key }) => key === name)?.value ?? '';
  return { file: entry('location'), offset: Number(entry('offset')), length: Number(entry('length')) };
}

describe('layout', () => {
  it('puts weights outside only where one file cannot hold them, without reading any', () => {
    expect(needsDataFiles(modelOver([neverRead(1.9 * GB)]), DEFAULTS)).toBe(false);
    expect(needsDataFiles(modelOver([neverRead(1 * GB), neverRead(1 * GB)]), DEFAULTS)).toBe(true);
    expect(needsDataFiles(modelOver([neverRead(3 * GB)]), DEFAULTS)).toBe(true);
    expect(needsDataFiles(modelOver([neverRead(10)]), { ...DEFAULTS, externalData: 'always' })).toBe(true);
    expect(() =>
      needsDataFiles(modelOver([neverRead(3 * GB)]), { ...DEFAULTS, externalData: 'never' }),
    ).toThrow(LlmcError);
  });

  it('keeps the encoded model small when 3 GB are outside, and reads nothing', () => {
    const { layout, places, proto } = placesOf([3 * GB, 20, 4096], {});
    expect(places).toEqual([
      { file: 'm.onnx.data', offset: 0, length: 3 * GB },
      null,
      { file: 'm.onnx.data', offset: 3 * GB, length: 4096 },
    ]);
    expect(layout.files.map(({ byteLength }) => byteLength)).toEqual([3 * GB + 4096]);
    expect(encode(modelTable, proto).byteLength).toBeLessThan(2000);
  });

  it('counts a tensor used twice once', () => {
    const shared = neverRead(1.5 * GB);
    const model = modelOver([shared]);
    const [value] = [...model.graph.initializers];
    if (value?.tensor) model.graph.addInitializer('tied', value.tensor);
    expect(weightBytes(model)).toBe(1.5 * GB);
  });

  const aligned = [4096, 65536, 1, 64];
  it.for(aligned)('starts every tensor at a multiple of %i and leaves no wider gap', (alignBytes) => {
    const next = uniform(alignBytes);
    const sizes = Array.from({ length: 40 }, () => 1024 + Math.floor(next() * 300_000));
    const { places, layout } = placesOf(sizes, { alignBytes });
    let end = 0;
    for (const [index, place] of places.entries()) {
      if (!place) throw new Error('is inside');
      expect(place.offset % alignBytes).toBe(0);
      expect(place.offset - end).toBeGreaterThanOrEqual(0);
      expect(place.offset - end).toBeLessThan(alignBytes);
      expect(place.length).toBe(sizes[index]);
      end = place.offset + place.length;
    }
    expect(layout.files[0]?.byteLength).toBe(end);
  });

  it('fills shards up to their size; a larger tensor gets one of its own', () => {
    const next = uniform(5);
    const sizes = [300_000, ...Array.from({ length: 60 }, () => 1024 + Math.floor(next() * 40_000)), 250_000];
    const { places, layout } = placesOf(sizes, { shardBytes: 100_000, alignBytes: 4096 });
    for (const { byteLength, parts } of layout.files)
      expect(byteLength <= 100_000 || parts.length === 1).toBe(true);
    expect(layout.files.map(({ name }) => name).slice(0, 2)).toEqual([
      'm.onnx.data-00001',
      'm.onnx.data-00002',
    ]);
    expect(new Set(places.map((place) => place?.file))).toEqual(
      new Set(layout.files.map(({ name }) => name)),
    );
    // No shard could have taken the first tensor of the next one.
    for (const [index, file] of layout.files.entries()) {
      const following = layout.files[index + 1]?.parts[0]?.source.byteLength ?? Number.POSITIVE_INFINITY;
      expect(Math.ceil(file.byteLength / 4096) * 4096 + following).toBeGreaterThan(100_000);
    }
  });

  it('gives tensors over the same bytes one range', () => {
    const shared = counting(5000);
    const layout = new Layout('m.onnx', { ...DEFAULTS, externalData: 'always' });
    const proto = modelToProto(modelOver([shared, counting(5000), shared]), layout.place);
    const [a, b, c] = (proto.graph?.initializer ?? []).map(placeOf);
    expect(c).toEqual(a);
    expect(b?.offset).not.toBe(a?.offset);
    expect(layout.files[0]?.parts).toHaveLength(2);
  });
});
