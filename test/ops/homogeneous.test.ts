/**
 * The property that makes `homogeneous` true: multiply the inputs of a set by positive factors along a label they share
 * with the output, and the output is multiplied by the same factors. Checked in onnxruntime on the single-node models
 * of the ONNX backend tests; the relations that are no signature are tested where they are implemented.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import type { HostTensor, TypedArray } from '../../src/data/host-tensor.ts';
import { int } from '../../src/ir/attribute.ts';
import type { DType } from '../../src/ir/dtype.ts';
import type { Model } from '../../src/ir/model.ts';
import type { Node } from '../../src/ir/node.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { decodeModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { type Binding, type BoundAxis, bind } from '../../src/ops/bind.ts';
import { homogeneousSets } from '../../src/ops/homogeneous.ts';
import { signatureOf } from '../../src/ops/signature-of.ts';
import { openSession } from '../../src/runtime/session.ts';
import { type BackendModel, backendModels } from '../support/corpus.ts';
import { readPbTensor } from '../support/pb-tensor.ts';
import { nodeOf } from './support.ts';

type Tensors = Record<string, HostTensor>;
type Axes = readonly BoundAxis[] | null | undefined;
const models = backendModels().filter(({ id }) => id.startsWith('node/'));

describe.skipIf(models.length === 0)('factors go through what is homogeneous', () => {
  it.for(models.map((each) => [each.id, each] as const))('%s', async ([, subject], context) => {
    const { model, node, inputs } = load(subject, context);
    const sets = homogeneousSets(node);
    if (sets.length === 0) return context.skip('not homogeneous');
    const outputs = await run(model, inputs).catch((error: Error) =>
      context.skip(error.message.slice(0, 100)),
    );
    describeTypes(node, { ...outputs, ...inputs });
    const signature = signatureOf(node) ?? context.skip('no signature');
    const result = bind(signature, node);
    if ('refusal' in result) throw new Error(result.refusal);
    await expectHomogeneous({ model, node, inputs }, sets, outputs, result.binding);
  });
});

describe('homogeneous facts that depend on the node', () => {
  it('Clip is homogeneous when its bounds are zero or none', () => {
    const bound = (value: number) => Tensor.scalar(value);
    const clip = (min: Tensor | undefined, max: Tensor | undefined) =>
      homogeneousSets(nodeOf('Clip', { inputs: [[2], min, max] }));
    expect(clip(bound(0), undefined)).toEqual([[0]]);
    expect(clip(bound(0), bound(6))).toEqual([]);
    expect(clip(undefined, undefined)).toEqual([[0]]);
  });

  it('an input that is left out is in no set', () => {
    const layerNorm = nodeOf('LayerNormalization', { inputs: [[2, 4], [4]], attributes: { axis: int(-1) } });
    expect(homogeneousSets(layerNorm)).toEqual([[1]]);
  });
});

function load({ path, folder }: BackendModel, { skip }: TestContext) {
  const model = decodeModel(readFileSync(path));
  model.irVersion = Math.min(model.irVersion, 10);
  const [node, more] = model.graph.nodes;
  if (!node || more || node.subgraphs.length > 0) return skip('not a single operator');
  const inputs: Tensors = {};
  for (const [index, value] of [...model.graph.inputs].entries()) {
    const file = join(folder, 'test_data_set_0', `input_${index}.pb`);
    const tensor = existsSync(file) && value.type ? readPbTensor(file) : undefined;
    if (!tensor || Array.isArray(tensor.data)) return skip('an input is no plain tensor');
    inputs[value.name] = tensor;
    // Shapes, axes and scalars such as bounds are constants in real models, and facts may depend on them.
    const scalar = tensor.dims.length === 0 || tensor.data.length === 1;
    if (!scalar && !/^u?int(32|64)$/.test(tensor.dtype)) continue;
    value.tensor = Tensor.of(tensor.dtype as DType, tensor.dims, tensor.data as TypedArray);
    model.graph.inputs = model.graph.inputs.filter((input) => input !== value);
    model.graph.initializers.add(value);
  }
  return { model, node: node as Node, inputs };
}

function describeTypes(node: Node, tensors: Tensors): void {
  for (const value of [...node.inputs, ...node.outputs]) {
    const tensor = value && tensors[value.name];
    if (tensor) value.type = { dtype: tensor.dtype as DType, shape: tensor.dims };
  }
}

/** Every set along every label that all its inputs share with the first output. */
async function expectHomogeneous(
  { model, node, inputs }: ReturnType<typeof load>,
  sets: readonly (readonly number[])[],
  outputs: Tensors,
  binding: Binding,
): Promise<void> {
  const [axes] = binding.outputs;
  for (const set of sets)
    for (const label of binding.extents.keys()) {
      if (!carries(axes, label) || !set.every((index) => carries(binding.inputs[index], label))) continue;
      const scaled = { ...inputs };
      for (const index of set) {
        const { name } = node.input(index) ?? { name: '' };
        scaled[name] = multiplied(inputs[name] as HostTensor, binding.inputs[index], label, binding);
      }
      const first = node.output()?.name ?? '';
      const wanted = {
        ...outputs,
        [first]: multiplied(outputs[first] as HostTensor, axes, label, binding),
      };
      expectClose(`${set} along ${label}`, await run(model, scaled), wanted);
    }
}

async function run(model: Model, inputs: Tensors): Promise<Tensors> {
  const session = await openSession({ model: encodeModel(model) }, { threads: 1, optimize: 'disabled' });
  const fed = model.graph.inputs.map(({ name }) => [name, inputs[name]] as const);
  try {
    return await session.run(Object.fromEntries(fed) as Tensors);
  } finally {
    await session.release();
  }
}

function carries(axes: Axes, label: string): boolean {
  return axes?.some(({ factors }) => factors.includes(label)) ?? false;
}

/** Times 1, 2, 4, 0.5, 1, ... along the label: powers of two, so that nothing is rounded. */
function multiplied(tensor: HostTensor, axes: Axes, label: string, { extents }: Binding): HostTensor {
  if (tensor.dtype !== 'float32') return tensor;
  const at = axes?.findIndex(({ factors }) => factors.includes(label)) ?? -1;
  const factors = axes?.[at]?.factors ?? [];
  const sizes = factors.map((factor) => (typeof factor === 'number' ? factor : Number(extents.get(factor))));
  const inside = sizes.slice(factors.indexOf(label) + 1).reduce((a, b) => a * b, 1);
  const size = sizes[factors.indexOf(label)] as number;
  const stride = tensor.dims.slice(at + 1).reduce((a, b) => a * b, 1);
  const dim = tensor.dims[at] as number;
  const data = Float32Array.from(tensor.data as Float32Array, (value, flat) => {
    const index = Math.floor((Math.floor(flat / stride) % dim) / inside) % size;
    return value * ([1, 2, 4, 0.5][index % 4] as number);
  });
  return { ...tensor, data };
}

function expectClose(what: string, actual: Tensors, wanted: Tensors): void {
  for (const [name, { dims, data }] of Object.entries(wanted)) {
    expect([what, name, actual[name]?.dims]).toEqual([what, name, dims]);
    const [a, b] = [actual[name]?.data, data].map((each) =>
      Array.from(each as ArrayLike<number | bigint>, Number),
    ) as [number[], number[]];
    const off = a.findIndex((value, index) => {
      const other = b[index] as number;
      return !Object.is(value, other) && !(Math.abs(value - other) <= 1e-5 * Math.max(1, Math.abs(other)));
    });
    expect([what, name, off, a[off], b[off]]).toEqual([what, name, -1, undefined, undefined]);
  }
}
