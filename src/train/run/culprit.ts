/** Finds where a model stops giving numbers. */
import type { HostTensor } from '../../data/host-tensor.ts';
import type { Model } from '../../ir/model.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { cloneModel } from '../../onnx/read.ts';
import { encodeModel } from '../../onnx/write.ts';
import { openSession } from '../../runtime/session.ts';
import type { Context } from '../../step.ts';

/** A sentence that names the first node with NaN or infinity in its output, or the weight that is none already. */
export async function culprit(
  student: Model,
  weights: ReadonlyMap<string, Float32Array>,
  feeds: Readonly<Record<string, HostTensor>>,
  context: Context,
): Promise<string> {
  const copy = cloneModel(student);
  for (const value of copy.graph.initializers) {
    const data = weights.get(value.name);
    if (!data || !value.tensor) continue;
    if (!areFinite(data)) return `the weight '${value.name}' is no number`;
    value.tensor = Tensor.of('float32', value.tensor.dims, data);
  }
  const nodes = copy.graph.nodes;
  const values = nodes.flatMap(({ outputs }) => outputs).filter((value): value is Value => value !== null);
  copy.graph.outputs = values;
  const session = await openSession(
    { model: encodeModel(copy) },
    { threads: context.threads, optimize: 'disabled' },
  );
  try {
    const found = await session.run(
      feeds,
      session.outputs.filter(({ dtype }) => dtype === 'float32').map(({ name }) => name),
    );
    for (const node of nodes)
      for (const value of node.outputs) {
        const data = value && found[value.name]?.data;
        if (data instanceof Float32Array && !areFinite(data)) return `first in ${node.label}`;
      }
    return 'the model itself gives numbers, the loss does not';
  } finally {
    await session.release();
  }
}

function areFinite(data: Float32Array): boolean {
  return data.every((value) => Number.isFinite(value));
}
