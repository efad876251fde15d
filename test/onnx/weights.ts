/** Models with weights of a chosen size, for tests of the writer. */
import { Builder } from '../../src/ir/builder.ts';
import { type ByteSource, memoryBytes } from '../../src/ir/bytes.ts';
import { Model } from '../../src/ir/model.ts';
import { Tensor } from '../../src/ir/tensor.ts';

/** uint8 tensors over these sources, all added up; names w0, w1, ... */
export function modelOver(sources: readonly ByteSource[]): Model {
  const model = new Model(8, new Map([['', 17]]));
  const { graph } = model;
  const x = graph.value('x');
  x.type = { dtype: 'uint8', shape: [null] };
  graph.inputs.push(x);
  const builder = new Builder(graph);
  let sum = x;
  for (const [index, source] of sources.entries()) {
    const tensor = new Tensor({ dtype: 'uint8', dims: [source.byteLength], source });
    sum = builder.op('Add', [sum, graph.addInitializer(`w${index}`, tensor)]);
  }
  sum.type = { dtype: 'uint8', shape: [null] };
  graph.outputs.push(sum);
  return model;
}

/** Bytes that tell their place: `seed`, `seed` + 1, ... */
export function counting(byteLength: number, seed = 0): ByteSource {
  return memoryBytes(Uint8Array.from({ length: byteLength }, (_, i) => i + seed));
}

/** Claims a size and must never be read. */
export function neverRead(byteLength: number): ByteSource {
  return {
    byteLength,
    computed: true,
    read: () => {
      throw new Error('was read');
    },
  };
}
