import { describe, expect, it } from 'vitest';
import { memoryBytes } from '../../src/ir/bytes.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { decodeProto } from '../../src/onnx/read.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { runPasses } from '../../src/passes/pass.ts';
import { strip, stripModelMetadata } from '../../src/passes/strip.ts';
import { silentContext } from '../../src/step.ts';
import { parseModel } from '../support/parse.ts';

const notes = { doc_string: 'where from', metadata_props: [{ key: 'k', value: 'v' }] };

function annotated(): ReturnType<typeof parseModel> {
  const model = parseModel(`<ir_version: 10, opset_import: ["": 20], metadata_props: ["names": "cat,dog"]>
    g (float[2] x) => (float[2] y) <float[2] w = {1, 2}, float[2] m> {
      m = Add (x, w)
      k = Constant <value = float[2] {3, 4}> ()
      y = Mul (m, k)
    }`);
  model.rest = { ...model.rest, ...notes };
  model.graph.rest = { ...model.graph.rest, ...notes };
  for (const value of [...model.graph.inputs, ...model.graph.outputs, ...model.graph.valueInfo])
    value.rest = { ...value.rest, ...notes };
  for (const node of model.graph) {
    node.rest = { ...node.rest, ...notes };
    for (const [name, attribute] of node.attributes)
      node.attributes.set(name, { ...attribute, rest: { ...attribute.rest, doc_string: 'attribute' } });
  }
  for (const value of model.graph.initializers) {
    const tensor = value.tensor as Tensor;
    value.tensor = new Tensor({ ...tensor, strings: undefined, rest: { ...tensor.rest, ...notes } });
  }
  return model;
}

const written = (model: ReturnType<typeof parseModel>): string =>
  JSON.stringify(decodeProto(memoryBytes(encodeModel(model))));

describe('strip', () => {
  it('drops notes everywhere and keeps what the model is', async () => {
    const model = annotated();
    expect(written(model)).toMatch(/doc_string.*metadata_props/);
    const [trace] = await runPasses(model, [strip], silentContext());
    const after = written(model);
    expect(after).not.toContain('doc_string');
    expect(after).not.toContain('value_info');
    expect(after.match(/metadata_props/g)).toHaveLength(1);
    expect(after).toContain('cat,dog');
    expect(model.graph.outputs[0]?.type).toEqual({ dtype: 'float32', shape: [2] });
    expect(trace?.changes.map(({ what }) => what).sort()).toEqual([
      'dropped doc_string',
      'dropped metadata_props',
      'dropped value_info',
    ]);
  });

  it('drops entries of the model when asked', async () => {
    const model = annotated();
    const [trace] = await runPasses(model, [stripModelMetadata], silentContext());
    expect(trace?.changes).toEqual([{ what: 'dropped model metadata', targets: ['names'] }]);
    expect(model.metadata.size).toBe(0);
  });
});
