/** Small networks with planted outliers, and a static quantization that is as plain as can be. */
import { int, ints } from '../../../src/ir/attribute.ts';
import { Builder } from '../../../src/ir/builder.ts';
import { floatsOf } from '../../../src/ir/floats.ts';
import { Graph } from '../../../src/ir/graph.ts';
import { Model } from '../../../src/ir/model.ts';
import { Tensor } from '../../../src/ir/tensor.ts';
import type { Value } from '../../../src/ir/value.ts';
import { scaleZeroPoint } from '../../../src/numeric/affine.ts';
import { channelLayout } from '../../../src/numeric/range.ts';
import { Similarity } from '../../../src/numeric/similarity.ts';
import { cloneModel } from '../../../src/onnx/read.ts';
import { channelAxis } from '../../../src/ops/contraction.ts';
import { Constants } from '../../../src/passes/constants.ts';
import { observe } from '../../../src/probe/observe.ts';
import { rangeProbe } from '../../../src/probe/range.ts';
import { staticShapes } from '../../../src/probe/static-shapes.ts';
import { contractionsOf } from '../../../src/quantize/transforms/contractions.ts';
import { roundedWeight } from '../../../src/quantize/transforms/rounded-weight.ts';
import { AxisFlow } from '../../../src/quantize/transforms/scaling/axis-flow.ts';
import type { TransformOptions } from '../../../src/quantize/transforms/transform.ts';
import { normal, seedFor } from '../../../src/random.ts';
import { inferTypes } from '../../../src/runtime/shapes.ts';
import { silentContext } from '../../../src/step.ts';
import { outputsOf } from '../../support/equivalence.ts';

export const OPTIONS: TransformOptions = {
  data: 'synthetic?rows=48',
  samples: 48,
  weightBits: 8,
  activationBits: 8,
  perChannel: true,
  select: () => null,
};

/** A network being written: constants are normal numbers seeded by their names. */
export class Network {
  readonly model = new Model(10, new Map([['', 20]]));
  readonly #builder: Builder;

  constructor(input: readonly number[]) {
    this.model.graph = new Graph(null);
    this.#builder = new Builder(this.model.graph);
    const value = this.model.graph.value('x');
    value.type = { dtype: 'float32', shape: input };
    this.model.graph.inputs.push(value);
  }

  get input(): Value {
    return this.model.graph.inputs[0] as Value;
  }

  constant(
    name: string,
    dims: readonly number[],
    scale: number,
    change: (value: number, at: number) => number = (value) => value,
  ): Value {
    const next = normal(seedFor(name));
    const size = dims.reduce((a, b) => a * b, 1);
    const values = Float32Array.from({ length: size }, (_, at) => change(scale * next(), at));
    return this.model.graph.addInitializer(name, Tensor.of('float32', dims, values));
  }

  op(
    op: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, number | number[]>> = {},
  ): Value {
    return this.#builder.op(op, inputs, {
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [
          name,
          typeof value === 'number' ? int(value) : ints(value),
        ]),
      ),
    });
  }

  async done(output: Value): Promise<Model> {
    this.model.graph.outputs.push(output);
    await inferTypes(this.model);
    return this.model;
  }
}

/** Two blocks of a transformer without attention: norms with outlier channels, products, a residual sum. */
export function outlierTransformer(width: number, activation: string): Promise<Model> {
  const net = new Network([8, 12, width]);
  const outliers = (value: number, at: number): number => (at % 29 === 3 ? 60 * value + 40 : 1 + 0.1 * value);
  let x = net.input;
  for (const block of ['a', 'b']) {
    const norm = net.op('LayerNormalization', [
      x,
      net.constant(`${block}.gamma`, [width], 1, outliers),
      net.constant(`${block}.beta`, [width], 0.1),
    ]);
    const up = net.op('Add', [
      net.op('MatMul', [norm, net.constant(`${block}.up`, [width, 2 * width], 1 / width)]),
      net.constant(`${block}.up_bias`, [2 * width], 0.1),
    ]);
    const down = net.constant(`${block}.down`, [2 * width, width], 1 / width);
    x = net.op('Add', [x, net.op('MatMul', [net.op(activation, [up]), down])]);
  }
  return net.done(x);
}

/** Convolution, depthwise convolution, convolution: the channels of the first two differ 100 times in range. */
export function unevenCnn(): Promise<Model> {
  const net = new Network([4, 3, 12, 12]);
  const uneven = (inside: number, by: number) => (value: number, at: number) =>
    value * 10 ** (2 * (((Math.floor(at / inside) * by) % 16) / 15));
  const same = { pads: [1, 1, 1, 1] };
  const first = net.op(
    'Conv',
    [net.input, net.constant('w1', [16, 3, 3, 3], 0.2, uneven(27, 5)), net.constant('b1', [16], 0.1)],
    same,
  );
  const depth = net.op(
    'Conv',
    [
      net.op('Relu', [first]),
      net.constant('w2', [16, 1, 3, 3], 0.3, uneven(9, 11)),
      net.constant('b2', [16], 0.1),
    ],
    { ...same, group: 16 },
  );
  const even = (value: number, at: number): number =>
    value / 10 ** (2 * ((((at % 16) * 5) % 16) / 15 + (((at % 16) * 11) % 16) / 15));
  const last = net.op('Conv', [
    net.op('Relu', [depth]),
    net.constant('w3', [8, 16, 1, 1], 1, even),
    net.constant('b3', [8], 0.1),
  ]);
  return net.done(net.op('GlobalAveragePool', [last]));
}

/**
 * Signal-to-noise ratio in decibels of the model with int8 weights per channel and uint8 activations per tensor, ranges
 * from the extremes on `OPTIONS.data`, in front of every product.
 */
export async function quantizedSqnr(model: Model, reference: Model = model): Promise<number> {
  const quantized = await fakeQuantized(model);
  const expected = await outputsOf(reference);
  const actual = await outputsOf(quantized, () => expected.feeds);
  const similarity = new Similarity();
  for (const [name, { data }] of Object.entries(expected.outputs))
    similarity.add(data as Float32Array, actual.outputs[name]?.data as Float32Array);
  return similarity.sqnrDb ?? Infinity;
}

async function fakeQuantized(original: Model): Promise<Model> {
  const model = cloneModel(original);
  await inferTypes(model);
  const flow = new AxisFlow(await staticShapes(model, silentContext()));
  const products = contractionsOf(model, flow, new Constants(model), () => null);
  const taps = products.map(({ value }) => ({ value, probe: rangeProbe() }));
  const { data, samples } = OPTIONS;
  const observed = await observe(model, taps, { data, samples }, silentContext());
  for (const [at, { node, data: input, value, weight }] of products.entries()) {
    const tensor = node.constant(weight) as Tensor;
    const layout = channelLayout(tensor.dims, channelAxis(node, weight) ?? 0);
    const rounded = Tensor.of('float32', tensor.dims, roundedWeight(floatsOf(tensor), layout, 8));
    node.setInput(weight, model.graph.addInitializer('rounded', rounded));
    const { min, max } = observed.get(taps[at] as (typeof taps)[number]) as { min: number; max: number };
    const { scale, zeroPoint } = scaleZeroPoint(Math.fround(min), Math.fround(max), {
      type: 'uint8',
      symmetric: false,
    });
    const parameters = [
      model.graph.addInitializer('scale', Tensor.scalar(scale)),
      model.graph.addInitializer('zero', Tensor.of('uint8', [], Uint8Array.of(zeroPoint))),
    ];
    const builder = new Builder(model.graph, { before: node });
    const codes = builder.op('QuantizeLinear', [value, ...parameters]);
    node.setInput(input, builder.op('DequantizeLinear', [codes, ...parameters]));
  }
  return model;
}
