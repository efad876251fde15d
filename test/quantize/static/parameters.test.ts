/** Scales and zero points of activations: what shares them, what they can express, what asks for other types. */

import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/ir/model.ts';
import { codeRange } from '../../../src/numeric/integer.ts';
import type { Options } from '../../support/quantized.ts';
import { nodesOf, numberOf, parametersOf, quantized } from '../../support/static.ts';
import { STATIC_NAMES } from '../../support/static-graphs.ts';

/** `scale/zero point` of the QuantizeLinear of a value, by the value's name. */
function parameters(model: Model): ReadonlyMap<string, string> {
  return new Map(
    nodesOf(model, 'QuantizeLinear').map((node) => [
      node.input(0)?.name.replace('_QuantizeLinear_Input', '') ?? '',
      parametersOf(node),
    ]),
  );
}

describe('zero', () => {
  it.for(['uint8', 'int8', 'uint16', 'int16'] as const)('has a code of %s', async (activationType) => {
    for (const name of STATIC_NAMES) {
      const { model } = await quantized(name, { activationType });
      const { qmin, qmax } = codeRange(activationType);
      for (const node of nodesOf(model, 'QuantizeLinear')) {
        const zero = numberOf(node.input(2));
        expect(node.input(2)?.dtype).toBe(activationType);
        expect(zero >= qmin && zero <= qmax && Number.isInteger(zero)).toBe(true);
        expect(numberOf(node.input(1))).toBeGreaterThan(0);
      }
    }
  });

  it.for([
    ['uint8', 128],
    ['int8', 0],
    ['uint16', 32768],
    ['int16', 0],
  ] as const)('is in the middle of symmetric %s', async ([activationType, middle]) => {
    const { model } = await quantized('gates and slopes', { activationType, activationSymmetric: true });
    const zeros = nodesOf(model, 'QuantizeLinear').map((node) => numberOf(node.input(2)));
    expect(new Set(zeros)).toEqual(new Set([middle]));
  });

  it('is the lowest code behind a Relu', async () => {
    for (const [activationType, lowest] of [
      ['uint8', 0],
      ['int8', -128],
    ] as const) {
      const { model } = await quantized('Conv, Relu, Conv', { activationType });
      expect(parameters(model).get('r')).toMatch(new RegExp(`/${lowest}$`));
    }
  });
});

describe('parameters', () => {
  it('are shared by everything a value moves through', async () => {
    const found = parameters((await quantized('movers between Convs')).model);
    expect(
      new Set([...found].filter(([name]) => ['r', 'm', 't', 's'].includes(name)).map(([, each]) => each))
        .size,
    ).toBe(1);
  });

  it('are those of the largest of what is concatenated, when ranges are alike', async () => {
    const found = parameters((await quantized('a Concat of two Convs')).model);
    expect(new Set(['p', 'q', 'j'].map((name) => found.get(name))).size).toBe(1);
  });

  it('stay apart where one of the concatenated is much wider', async () => {
    const found = parameters((await quantized('a Concat of ranges that differ')).model);
    expect(found.get('s')).not.toBe(found.get('t'));
  });

  it('of a Sigmoid do not depend on data', async () => {
    const found = parameters((await quantized('gates and slopes')).model);
    expect(found.get('s')).toBe(`${Math.fround(1 / 255)}/0`);
  });

  it('keep the name of an output and restore it for all its readers', async () => {
    const { model } = await quantized('an output in the middle');
    const output = model.graph.outputs.find(({ name }) => name === 'r');
    expect(output?.producer?.op).toBe('DequantizeLinear');
    expect(output?.uses.map(({ node }) => node.name)).toEqual(['d']);
  });
});

describe('targets', () => {
  const TYPES: readonly (readonly [Options, string, string])[] = [
    [{ target: 'x64-vnni' }, 'uint8', 'int8'],
    [{ target: 'arm64' }, 'int8', 'int8'],
    [{ target: 'web' }, 'uint8', 'uint8'],
    [{ target: 'tensorrt' }, 'int8', 'int8'],
    [{ target: 'portable' }, 'uint8', 'int8'],
  ];

  it.for(TYPES)('%j: %s activations, %s weights', async ([options, activations, weights]) => {
    const { model } = await quantized('one Conv', { reduceRange: false, ...options });
    expect(new Set(nodesOf(model, 'QuantizeLinear').map((node) => node.output()?.dtype))).toEqual(
      new Set([activations]),
    );
    const codes = [...model.graph.initializers].find(({ name }) => name === 'w_quantized');
    expect(codes?.dtype).toBe(weights);
  });

  it('tensorrt has no zero points but 0', async () => {
    const { model } = await quantized('a residual block', { target: 'tensorrt' });
    const zeros = nodesOf(model, 'QuantizeLinear').map((node) => numberOf(node.input(2)));
    expect(new Set(zeros)).toEqual(new Set([0]));
  });

  it('portable has weights whose neighbours sum up to 128 at most', async () => {
    const { model } = await quantized('one Conv', { target: 'portable', reduceRange: false });
    const codes = [...model.graph.initializers].find(({ name }) => name === 'w_quantized')?.tensor;
    const largest = Math.max(...Array.from(codes?.array() ?? [], Number).map(Math.abs));
    expect(largest).toBeGreaterThan(64);
    expect(largest).toBeLessThan(127);
  });
});
