/** Makes a stack of decoder-like layers of any size with external data: MatMuls, gates, residuals; opset 17. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { float, int } from '../../dist/ir/attribute.js';
import { Builder } from '../../dist/ir/builder.js';
import { bytesOf, computedBytes } from '../../dist/ir/bytes.js';
import { Model } from '../../dist/ir/model.js';
import { Tensor } from '../../dist/ir/tensor.js';
import { saveModel } from '../../dist/onnx/write.js';
import { normal, seedFor } from '../../dist/random.js';

const HIDDEN = 2048;
const INNER = 5632;
/** Four projections and a gated feed-forward block. */
const LAYER_BYTES = 4 * (4 * HIDDEN * HIDDEN + 3 * HIDDEN * INNER);

/** A model of about that many bytes; returns its files, the model first. Memory stays at one weight. */
export async function decoderModel(folder, byteLength) {
  const path = join(folder, 'decoder.onnx');
  for (const name of [path, `${path}.data`]) rmSync(name, { force: true });
  const layers = Math.max(1, Math.round(byteLength / LAYER_BYTES));
  console.log(`making ${path}: ${layers} layers, ${((layers * LAYER_BYTES) / 1e9).toFixed(1)} GB ...`);
  const { files } = await saveModel(decoder(layers), path, {
    protect: [],
    force: true,
    externalData: 'always',
  });
  return [...files];
}

const POOL = 1 << 20;
let pool;

/** A few million normal numbers from a pool, begun at another place for every name: as varied, a hundred times faster. */
function weight(name, dims) {
  const size = dims.reduce((product, dim) => product * dim, 1);
  const make = () => {
    if (!pool) {
      const next = normal(1);
      pool = Float32Array.from({ length: POOL }, () => 0.02 * next());
    }
    const values = new Float32Array(size);
    for (let at = 0, from = seedFor(name) % POOL; at < size; from = (from * 7 + 13) % POOL) {
      const count = Math.min(size - at, POOL - from);
      values.set(pool.subarray(from, from + count), at);
      at += count;
    }
    return bytesOf(values);
  };
  return new Tensor({ dtype: 'float32', dims, source: computedBytes(4 * size, make) });
}

function decoder(layers) {
  const model = new Model(8, new Map([['', 17]]));
  model.producerName = 'llmc-benchmark';
  const { graph } = model;
  graph.name = 'decoder';
  const builder = new Builder(graph);
  let x = graph.value('hidden');
  x.type = { dtype: 'float32', shape: ['tokens', HIDDEN] };
  graph.inputs.push(x);
  const op = (type, inputs, name, attributes = {}) => builder.op(type, inputs, { name, attributes });
  const ones = () => Tensor.of('float32', [HIDDEN], new Float32Array(HIDDEN).fill(1));
  for (let layer = 0; layer < layers; layer++) {
    const linear = (value, name, from, to) => {
      const label = `layer.${layer}.${name}`;
      return op(
        'MatMul',
        [value, graph.addInitializer(`${label}.weight`, weight(label, [from, to]))],
        `/${label}/MatMul`,
      );
    };
    const norm = (value, name) => {
      const scale = graph.addInitializer(`layer.${layer}.${name}.weight`, ones());
      const attributes = { axis: int(-1), epsilon: float(1e-5) };
      return op('LayerNormalization', [value, scale], `/layer.${layer}/${name}`, attributes);
    };
    const gate = (value, by, name) =>
      op(
        'Mul',
        [value, op('Sigmoid', [by], `/layer.${layer}/${name}/Sigmoid`)],
        `/layer.${layer}/${name}/Mul`,
      );
    const first = norm(x, 'input_norm');
    const [q, k, v] = ['query', 'key', 'value'].map((name) => linear(first, name, HIDDEN, HIDDEN));
    const mixed = op('Add', [gate(v, q, 'attention'), k], `/layer.${layer}/mixed`);
    x = op('Add', [x, linear(mixed, 'output', HIDDEN, HIDDEN)], `/layer.${layer}/residual`);
    const second = norm(x, 'post_norm');
    const inner = gate(linear(second, 'up', HIDDEN, INNER), linear(second, 'gate', HIDDEN, INNER), 'mlp');
    x = op('Add', [x, linear(inner, 'down', INNER, HIDDEN)], `/layer.${layer}/residual_1`);
  }
  x.name = 'last_hidden';
  x.type = { dtype: 'float32', shape: ['tokens', HIDDEN] };
  graph.outputs.push(x);
  return model;
}
