/** `--parity ort` against what onnxruntime's Python tools made of the same models (parity/make.py), and where llmc differs on purpose. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import type { Attribute } from '../../src/ir/attribute.ts';
import type { Model } from '../../src/ir/model.ts';
import type { Node } from '../../src/ir/node.ts';
import type { Value } from '../../src/ir/value.ts';
import { decodeModel, openModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import type { ValueRange } from '../../src/quantize/static/parameters.ts';
import type * as measure from '../../src/quantize/static/parity/measure.ts';
import { FIXTURES } from '../support/fixtures.ts';
import { type FixedScheme, type Options, quantize } from '../support/quantized.ts';

const FOLDER = fileURLToPath(new URL('parity', import.meta.url));

interface Reference {
  readonly opsets: Readonly<Record<string, number>>;
  /** Name, type, dims, digest of the bytes. */
  readonly initializers: readonly (readonly [string, string, string, string])[];
  readonly nodes?: readonly string[];
  readonly operators?: Readonly<Record<string, number>>;
  readonly nodesDigest?: string;
  /** Least and largest value of every value measured, where the kernels of the machine have a say in them. */
  readonly ranges?: Readonly<Record<string, readonly [number, number]>>;
}

/** What the tools measured for the case at hand: it must be what llmc measures, and everything else is exact given it. */
let recorded: Reference['ranges'];

vi.mock('../../src/quantize/static/parity/measure.ts', async (original) => {
  const { measureRanges } = await original<typeof measure>();
  return {
    measureRanges: async (...given: Parameters<typeof measureRanges>) => {
      const measured = await measureRanges(...given);
      return recorded ? { ...measured, ranges: asRecorded(measured.ranges, recorded) } : measured;
    },
  };
});

function asRecorded(
  measured: ReadonlyMap<Value, ValueRange>,
  ranges: NonNullable<Reference['ranges']>,
): Map<Value, ValueRange> {
  return new Map(
    [...measured].map(([value, { min, max }]) => {
      const [low, high] = ranges[value.name] ?? expect.fail(`the tools did not measure ${value.name}`);
      // Kernels add in orders of their own: the last digits of single precision, of the widest value added.
      const rounding = 1e-5 * Math.max(Math.abs(low), Math.abs(high));
      expect(Math.abs(min - low), `least of ${value.name}`).toBeLessThanOrEqual(rounding);
      expect(Math.abs(max - high), `largest of ${value.name}`).toBeLessThanOrEqual(rounding);
      return [value, { min: low, max: high }];
    }),
  );
}

/** What the case names say was asked of onnxruntime's tools. */
const MODES: Readonly<Record<string, readonly [FixedScheme, Options]>> = {
  dynamic: ['int8-dynamic', {}],
  'dynamic-per-channel': ['int8-dynamic', { perChannel: true }],
  'dynamic-uint8': ['int8-dynamic', { weightType: 'uint8' }],
  'dynamic-reduce-range': ['int8-dynamic', { reduceRange: true }],
  static: ['int8', {}],
  'static-per-channel': ['int8', { perChannel: true }],
  'static-reduce-range': ['int8', { reduceRange: true }],
  'static-uint8': ['int8', { activationType: 'uint8', weightType: 'uint8' }],
  'static-symmetric': ['int8', { activationSymmetric: true }],
  'static-int16': ['int8', { activationType: 'int16' }],
  'static-qoperator': ['int8', { format: 'qoperator' }],
  'static-qoperator-per-channel': ['int8', { format: 'qoperator', perChannel: true }],
  'static-qoperator-reduce-range': ['int8', { format: 'qoperator', reduceRange: true }],
  'static-qoperator-uint8': ['int8', { format: 'qoperator', activationType: 'uint8', weightType: 'uint8' }],
  'static-percentile': ['int8', { calibration: 'percentile' }],
  'static-entropy': ['int8', { calibration: 'entropy' }],
  int4: ['int4', { blockSize: 32, symmetric: true }],
  'int4-asymmetric': ['int4', { blockSize: 64, symmetric: false }],
  int8: ['int4', { bits: 8, blockSize: 32, symmetric: true }],
};

function digest(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex').slice(0, 32);
}

function described(model: Model): Required<Omit<Reference, 'ranges'>> {
  const nodes = model.graph.nodes.map(nodeText).sort();
  const operators: Record<string, number> = {};
  for (const { op } of model.graph) operators[op] = (operators[op] ?? 0) + 1;
  const initializers = [...model.graph.initializers].flatMap(({ name, tensor }) =>
    tensor ? [[name, typeName(tensor.dtype), tensor.dims.join(), digest(tensor.bytes())] as const] : [],
  );
  return {
    opsets: Object.fromEntries(model.opsets),
    initializers: initializers.sort(([a], [b]) => (a < b ? -1 : 1)),
    nodes,
    operators,
    nodesDigest: digest(nodes.join('\n')),
  };
}

function typeName(dtype: string): string {
  return dtype === 'float32' ? 'float' : dtype;
}

/** The same words as make.py's. */
function nodeText(node: Node): string {
  const inputs = node.inputs.map((value) => value?.name ?? '');
  while (inputs.at(-1) === '') inputs.pop();
  const attributes = [...node.attributes].flatMap(([name, value]) => attributeText(name, value)).sort();
  const outputs = node.outputs.map((value) => value?.name ?? '');
  return `${node.name}: ${outputs} = ${node.opType}(${inputs}) ${attributes.join(' ')}`.trimEnd();
}

function attributeText(name: string, attribute: Attribute): string[] {
  switch (attribute.kind) {
    case 'string':
      return [`${name}=${Buffer.from(attribute.value).toString()}`];
    case 'float':
      return [`${name}=${Buffer.from(Float32Array.of(attribute.value).buffer).toString('hex')}`];
    case 'int':
      return [`${name}=${attribute.value}`];
    case 'ints':
      return [`${name}=${attribute.value.join()}`];
    default:
      return [];
  }
}

const CASES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((file) => {
    const mode = Object.keys(MODES)
      .sort((a, b) => b.length - a.length)
      .find((each) => file.endsWith(`-${each}.json`));
    if (!mode) throw new Error(`no mode for ${file}`);
    return { id: file.replace('.json', ''), name: file.slice(0, -`-${mode}.json`.length), mode };
  });

/** What static quantization finds ranges on: rows made with the small models, or some of the fixture's own. */
function calibrationOf(name: string): Options {
  const own = join(FOLDER, 'data', `${name}.npz`);
  const fixture = join(FIXTURES, '..', 'data', `${name.split('-')[0]}-calibration.npz`);
  return { data: existsSync(own) ? own : fixture, calibrationSamples: 16 };
}

/** Parts of the codes that are padding of the last block: nobody reads them, and the tools differ. */
const PADDED = new Set(['blocks']);

describe('equal to onnxruntime up to order', () => {
  it('has references', () => {
    expect(CASES.length).toBeGreaterThan(25);
  });

  it.for(CASES)('$id', async ({ id, name, mode }) => {
    const reference = JSON.parse(readFileSync(join(FOLDER, `${id}.json`), 'utf8')) as Reference;
    const own = join(FOLDER, 'models', `${name}.onnx`);
    const { model } = openModel(existsSync(own) ? own : join(FIXTURES, `${name}.onnx`));
    const [scheme, options] = MODES[mode] ?? ['int4', {}];
    const data = scheme === 'int8' ? calibrationOf(name) : {};
    recorded = reference.ranges;
    await quantize(model, scheme, { ...options, ...data, parity: 'ort' });
    // Written and read again, as onnxruntime's result was.
    const result = described(decodeModel(encodeModel(model)));
    const skip = (entry: readonly [string, ...string[]]): boolean =>
      PADDED.has(name) && scheme === 'int4' && /_Q\d$/.test(entry[0]);
    const kept = (list: Reference['initializers']) =>
      list.map((each) => (skip(each) ? each.slice(0, 3) : each));
    expect(kept(result.initializers)).toEqual(kept(reference.initializers));
    if (reference.nodes) expect(result.nodes).toEqual(reference.nodes);
    expect(result.operators).toEqual(reference.operators ?? result.operators);
    expect(result.nodesDigest).toEqual(reference.nodesDigest ?? result.nodesDigest);
    expect(result.opsets).toEqual(reference.opsets);
  });
});
