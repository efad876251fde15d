/**
 * The property that makes a signature true: take some elements of an axis out of all inputs, and the outputs lose
 * exactly the same elements (where the label is in the outputs), or are what they are with these elements zeroed (where
 * the label is summed over). Checked in onnxruntime on the single-node models of the ONNX backend tests.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { type HostTensor, isArrayDtype, type TypedArray } from '../../src/data/host-tensor.ts';
import type { DType } from '../../src/ir/dtype.ts';
import type { Model } from '../../src/ir/model.ts';
import type { Node } from '../../src/ir/node.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { cloneModel, decodeModel } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { baseLabel, bind } from '../../src/ops/bind.ts';
import type { Signature } from '../../src/ops/signature.ts';
import { signatureOf } from '../../src/ops/signature-of.ts';
import { specOf } from '../../src/ops/table.ts';
import { openSession } from '../../src/runtime/session.ts';
import { type BackendModel, backendModels } from '../support/corpus.ts';
import { readPbTensor } from '../support/pb-tensor.ts';
import { type Axes, carries, cut, zero } from './cut.ts';

type Tensors = Record<string, HostTensor>;
const models = backendModels().filter(({ id }) => id.startsWith('node/'));

describe.skipIf(models.length === 0)('cutting what a signature allows', () => {
  it.for(models.map((each) => [each.id, each] as const))('%s', async ([, subject], context) => {
    const { model, node, inputs } = load(subject, context);
    const outputs = await run(model, inputs).catch((error: Error) =>
      context.skip(error.message.slice(0, 100)),
    );
    const again = await run(model, inputs);
    if (!same(outputs, again)) return context.skip('its outputs are random');
    if (Object.values(outputs).some(({ dtype }) => !isArrayDtype(dtype)))
      return context.skip('an output is no plain tensor');
    describeTypes(node, inputs, outputs);
    const signature = signatureOf(node) ?? context.skip('no signature');
    const result = bind(signature, node);
    if ('refusal' in result) throw new Error(result.refusal);
    const { binding } = result;
    const axes = axesByName(node, binding.inputs, binding.outputs);
    for (const [label, extent] of binding.extents) {
      if (typeof extent !== 'number' || extent < 2 || isStated(signature, baseLabel(label))) continue;
      const dropped = extent >> 1;
      const less = mapTensors(inputs, (tensor, name) => cut(tensor, axes.get(name), label, dropped, binding));
      restate(node, less, outputs, (tensor, name) => cut(tensor, axes.get(name), label, dropped, binding));
      const after = await run(model, less);
      if (node.outputs.some((value) => value && carries(axes.get(value.name), label)))
        expectSame(
          label,
          after,
          mapTensors(outputs, (tensor, name) => cut(tensor, axes.get(name), label, dropped, binding)),
        );
      // Zero points make zero mean something else.
      else if (Object.values(inputs).every(({ dtype }) => dtype === 'float32'))
        expectSame(
          label,
          after,
          await run(
            model,
            mapTensors(inputs, (tensor, name) => zero(tensor, axes.get(name), label, dropped, binding)),
          ),
        );
    }
  });
});

/** Cut by nobody, or only together with what an attribute says. */
function isStated({ frozen, sizes, products }: Signature, label: string): boolean {
  return frozen.has(label) || sizes.has(label) || products.some(({ labels }) => labels.includes(label));
}

/** An input that states the dims of the output states those it has after the cut. */
function restate(
  node: Node,
  less: Tensors,
  outputs: Tensors,
  change: (tensor: HostTensor, name: string) => HostTensor,
): void {
  const stated = node.input(specOf(node)?.statedShape ?? -1);
  const tensor = stated && less[stated.name];
  const output = node.output();
  const before = output && outputs[output.name];
  if (!tensor || !before) return;
  const dims = change(before, output.name).dims;
  const entries = Array.from(tensor.data as BigInt64Array, (entry, at) => {
    const axis = dims.length - tensor.data.length + at;
    return Number(entry) === before.dims[axis] ? BigInt(dims[axis] as number) : entry;
  });
  less[stated.name] = { ...tensor, data: BigInt64Array.from(entries) };
}

/** The model, its only node, and its inputs by name. */
function load(
  { path, folder }: BackendModel,
  { skip }: TestContext,
): { model: Model; node: Node; inputs: Tensors } {
  const model = decodeModel(readFileSync(path));
  // Newer ones differ in nothing these models use.
  model.irVersion = Math.min(model.irVersion, 10);
  const [node, more] = model.graph.nodes;
  if (!node || more || node.subgraphs.length > 0) return skip('not a single operator');
  const inputs: Tensors = {};
  for (const [index, value] of model.graph.inputs.entries()) {
    const file = join(folder, 'test_data_set_0', `input_${index}.pb`);
    const tensor = existsSync(file) && value.type ? readPbTensor(file) : undefined;
    if (!tensor || !isArrayDtype(tensor.dtype)) return skip('an input is no plain tensor');
    inputs[value.name] = tensor;
  }
  // What shapes and axes are is a constant in real models, and signatures may depend on it.
  for (const value of [...model.graph.inputs]) {
    const tensor = inputs[value.name];
    if (!tensor || !/^u?int(32|64)$/.test(tensor.dtype)) continue;
    value.tensor = Tensor.of(tensor.dtype as DType, tensor.dims, tensor.data as TypedArray);
    model.graph.inputs = model.graph.inputs.filter((input) => input !== value);
    model.graph.initializers.add(value);
  }
  return { model, node, inputs };
}

/** Runs the model on inputs whose dims may differ from those it states. */
async function run(original: Model, inputs: Tensors): Promise<Tensors> {
  const model = cloneModel(original);
  for (const value of [...model.graph.inputs, ...model.graph.initializers]) {
    const tensor = inputs[value.name];
    if (!tensor) continue;
    if (value.tensor) value.tensor = Tensor.of(tensor.dtype as DType, tensor.dims, tensor.data as TypedArray);
    else value.type = { dtype: tensor.dtype as DType, shape: tensor.dims };
  }
  for (const value of model.graph.outputs) if (value.type) value.type = { ...value.type, shape: null };
  const session = await openSession({ model: encodeModel(model) }, { threads: 1, optimize: 'disabled' });
  const fed = model.graph.inputs.map(({ name }) => [name, inputs[name]] as const);
  try {
    return await session.run(Object.fromEntries(fed) as Tensors);
  } finally {
    await session.release();
  }
}

function describeTypes(node: Node, inputs: Tensors, outputs: Tensors): void {
  for (const value of [...node.inputs, ...node.outputs]) {
    const tensor = value && (inputs[value.name] ?? outputs[value.name]);
    if (tensor) value.type = { dtype: tensor.dtype as DType, shape: tensor.dims };
  }
}

function axesByName(node: Node, inputs: readonly Axes[], outputs: readonly Axes[]): Map<string, Axes> {
  const named = (values: Node['inputs'], axes: readonly Axes[]) =>
    values.flatMap((value, index) => (value ? [[value.name, axes[index]] as const] : []));
  return new Map([...named(node.inputs, inputs), ...named(node.outputs, outputs)]);
}

function mapTensors(tensors: Tensors, change: (tensor: HostTensor, name: string) => HostTensor): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor, name)]));
}

function same(a: Tensors, b: Tensors): boolean {
  return Object.entries(a).every(([name, { data }]) =>
    data.every((value, index) => Object.is(value, b[name]?.data[index])),
  );
}

function expectSame(label: string, actual: Tensors, wanted: Tensors): void {
  for (const [name, tensor] of Object.entries(wanted)) {
    const got = actual[name];
    expect([label, name, got?.dims]).toEqual([label, name, tensor.dims]);
    const a = Array.from(got?.data as ArrayLike<number | bigint>, Number);
    const b = Array.from(tensor.data as ArrayLike<number | bigint>, Number);
    const off = a.findIndex((value, index) => !close(value, b[index] as number));
    expect([label, name, off, a[off]]).toEqual([label, name, -1, undefined]);
  }
}

function close(a: number, b: number): boolean {
  return Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b));
}
