/** Where calibrated int8 puts QuantizeLinear and DequantizeLinear: only where integers are computed with, and once. */

import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/ir/model.ts';
import type { Node } from '../../../src/ir/node.ts';
import type { Value } from '../../../src/ir/value.ts';
import { specOf } from '../../../src/ops/table.ts';
import type { Options } from '../../support/quantized.ts';
import { nodesOf, parametersOf, quantized } from '../../support/static.ts';
import { STATIC_NAMES } from '../../support/static-graphs.ts';

const SETTINGS: readonly Options[] = [
  {},
  { perChannel: false, weightType: 'uint8' },
  { activationType: 'int8', exclude: ['two'] },
  { activationSymmetric: true },
  { activationType: 'uint16' },
];

/** True for nodes that onnxruntime runs on integers between DequantizeLinear and QuantizeLinear. */
function isIntegerNode(node: Node): boolean {
  const role = specOf(node)?.quant;
  if (role?.kind === 'compute') return role.static !== undefined;
  if (role?.kind === 'lookup') return true;
  if (role?.kind !== 'passthrough') return false;
  return typeof role.integers === 'function' ? role.integers(node) : role.integers === true;
}

const readersOf = (value: Value | null): Node[] => (value?.uses ?? []).map(({ node }) => node);
const labels = (nodes: readonly Node[]): string[] => nodes.map(({ label }) => label);

/** Floats that are made only to become the same integers again. */
function needlessPairs(model: Model): string[] {
  const isNeedless = (node: Node): boolean => {
    const readers = readersOf(node.output());
    if (readers.length === 0 || node.output()?.isGraphOutput) return false;
    return readers.every(
      (reader) => reader.op === 'QuantizeLinear' && parametersOf(reader) === parametersOf(node),
    );
  };
  return labels(nodesOf(model, 'DequantizeLinear').filter(isNeedless));
}

/** Quantizers that no integer kernel needs. */
function uselessQuantizers(model: Model): string[] {
  const isUseless = (node: Node): boolean => {
    const maker = node.input(0)?.producer;
    const readers = readersOf(node.output()).flatMap((restored) => readersOf(restored.output()));
    return ![...(maker ? [maker] : []), ...readers].some(isIntegerNode);
  };
  return labels(nodesOf(model, 'QuantizeLinear').filter(isUseless));
}

/** Values that are quantized twice in one graph. */
function quantizedTwice(model: Model): string[] {
  const places = nodesOf(model, 'QuantizeLinear').map((node) => `${node.graph?.name} ${node.input(0)?.name}`);
  return places.filter((place, at) => places.indexOf(place) < at);
}

/** Nodes that only move values, but between different parameters. */
function rescalingMoves(model: Model): string[] {
  return labels(
    nodesOf(model).filter((node) => {
      const role = specOf(node)?.quant;
      const source = node.input(0)?.producer;
      if (role?.kind !== 'passthrough' || role.bounds || source?.op !== 'DequantizeLinear') return false;
      const readers = node.outputs.flatMap(readersOf).filter(({ op }) => op === 'QuantizeLinear');
      return readers.some((reader) => parametersOf(reader) !== parametersOf(source));
    }),
  );
}

function deadNodes(model: Model): string[] {
  const isDead = (node: Node): boolean =>
    node.outputs.every((value) => value?.useCount === 0 && !value.isGraphOutput);
  return labels(nodesOf(model).filter(isDead));
}

describe.for(SETTINGS)('with %j', (options) => {
  it.for(STATIC_NAMES)('nothing is quantized for nothing: %s', async (name) => {
    const known = options.exclude && name !== 'a residual block' ? { ...options, exclude: [] } : options;
    const { model } = await quantized(name, known);
    expect({
      needless: needlessPairs(model),
      useless: uselessQuantizers(model),
      twice: quantizedTwice(model),
      rescaling: rescalingMoves(model),
      dead: deadNodes(model),
    }).toEqual({ needless: [], useless: [], twice: [], rescaling: [], dead: [] });
  });
});

describe('what calibrated int8 makes', () => {
  it('is the same every time', async () => {
    for (const name of STATIC_NAMES.slice(0, 12)) {
      const [first, second] = [await quantized(name), await quantized(name)];
      expect(second.text).toBe(first.text);
    }
  });

  it('runs every layer of the residual block on integers', async () => {
    const { text } = await quantized('a residual block');
    expect(text.match(/\bConv\b/g)).toHaveLength(3);
    expect(text).not.toContain('Relu (');
    // x, one, two and Add: the last Conv too, whose result leaves as floats.
    expect(text.match(/= QuantizeLinear/g)).toHaveLength(5);
  });

  it('leaves alone what has no integer kernel', async () => {
    const { model } = await quantized('nothing to quantize');
    expect(nodesOf(model).map(({ op }) => op)).toEqual(['Tanh', 'Softmax']);
  });

  it('leaves excluded layers float', async () => {
    const { model } = await quantized('a residual block', { exclude: ['two'] });
    const two = nodesOf(model).find((node) => node.name === 'two');
    expect(two?.constant(1)?.dtype).toBe('float32');
  });

  it('gives a value to several layers through one pair, and as floats to others', async () => {
    const { model } = await quantized('one value for three');
    expect(nodesOf(model, 'QuantizeLinear')).toHaveLength(1);
    expect(nodesOf(model, 'Neg')[0]?.input(0)?.name).toBe('x');
  });

  it('leaves the result of a last MatMul or Gemm in floats', async () => {
    const { model } = await quantized('a Gemm and its activation');
    expect(model.graph.outputs[0]?.producer?.op).toBe('Gemm');
  });
});
