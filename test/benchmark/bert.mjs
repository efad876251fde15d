/** Makes an encoder of BERT-base's size (109 M parameters, 438 MB) with seeded weights: one file, opset 17. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { float, int, ints } from '../../dist/ir/attribute.js';
import { Builder } from '../../dist/ir/builder.js';
import { bytesOf, computedBytes } from '../../dist/ir/bytes.js';
import { Model } from '../../dist/ir/model.js';
import { Tensor } from '../../dist/ir/tensor.js';
import { saveModel } from '../../dist/onnx/write.js';
import { normal, seedFor } from '../../dist/random.js';

const HIDDEN = 768;
const HEADS = 12;
const WIDTH = HIDDEN / HEADS;
const INNER = 3072;
const LAYERS = 12;
const VOCABULARY = 30522;
const POSITIONS = 512;

/** The path of the model, made when it is not there. */
export async function bertModel(folder) {
  const path = join(folder, 'bert-base-sized.onnx');
  if (!existsSync(path)) {
    console.log(`making ${path} ...`);
    await saveModel(bert(), path, { protect: [], force: false });
  }
  return path;
}

/** Normal numbers with BERT's own deviation, made when written. */
function weight(name, dims) {
  const size = dims.reduce((product, dim) => product * dim, 1);
  const make = () => {
    const next = normal(seedFor(name));
    return bytesOf(Float32Array.from({ length: size }, () => 0.02 * next()));
  };
  return new Tensor({ dtype: 'float32', dims, source: computedBytes(4 * size, make) });
}

function bert() {
  const model = new Model(8, new Map([['', 17]]));
  model.producerName = 'llmc-benchmark';
  const { graph } = model;
  graph.name = 'bert';
  const builder = new Builder(graph);
  const input = (name) => {
    const value = graph.value(name);
    value.type = { dtype: 'int64', shape: ['batch', 'sequence'] };
    graph.inputs.push(value);
    return value;
  };
  const parameter = (name, dims) => graph.addInitializer(name, weight(name, dims));
  const scalar = (name, value) => graph.addInitializer(name, Tensor.scalar(value));
  const op = (type, inputs, name, attributes = {}) =>
    builder.op(type, inputs, { name, output: `${name}_output`, attributes });

  const [ids, mask, types] = ['input_ids', 'attention_mask', 'token_type_ids'].map(input);
  const linear = (x, name, from, to) =>
    op(
      'Add',
      [
        op('MatMul', [x, parameter(`${name}.weight`, [from, to])], `/${name}/MatMul`),
        parameter(`${name}.bias`, [to]),
      ],
      `/${name}/Add`,
    );
  const ones = () => Tensor.of('float32', [HIDDEN], new Float32Array(HIDDEN).fill(1));
  const normalize = (x, name) =>
    op(
      'LayerNormalization',
      [x, graph.addInitializer(`${name}.weight`, ones()), parameter(`${name}.bias`, [HIDDEN])],
      `/${name}/LayerNormalization`,
      {
        axis: int(-1),
        epsilon: float(1e-12),
      },
    );

  const [root2, half, one, scale, least] = [
    scalar('root2', Math.SQRT2),
    scalar('half', 0.5),
    scalar('one', 1),
    scalar('scale', 1 / Math.sqrt(WIDTH)),
    scalar('least', -1e4),
  ];
  const gelu = (x, name) => {
    const erf = op('Erf', [op('Div', [x, root2], `${name}/Div`)], `${name}/Erf`);
    return op(
      'Mul',
      [op('Mul', [x, op('Add', [erf, one], `${name}/Add`)], `${name}/Mul`), half],
      `${name}/Mul_1`,
    );
  };

  const shape = op('Shape', [ids], '/embeddings/Shape');
  const length = op('Gather', [shape, builder.ints('sequence_axis', [1])], '/embeddings/length', {
    axis: int(0),
  });
  const starts = builder.ints('starts', [0]);
  const positions = op(
    'Slice',
    [parameter('embeddings.position', [POSITIONS, HIDDEN]), starts, length],
    '/embeddings/Slice',
  );
  const words = op('Gather', [parameter('embeddings.word', [VOCABULARY, HIDDEN]), ids], '/embeddings/Gather');
  const kinds = op('Gather', [parameter('embeddings.type', [2, HIDDEN]), types], '/embeddings/Gather_1');
  const summed = op('Add', [op('Add', [words, kinds], '/embeddings/Add'), positions], '/embeddings/Add_1');
  let x = normalize(summed, 'embeddings.norm');

  const floats = op('Cast', [mask], '/mask/Cast', { to: int(1) });
  const wide = op('Unsqueeze', [floats, builder.ints('mask_axes', [1, 2])], '/mask/Unsqueeze');
  const bias = op('Mul', [op('Sub', [one, wide], '/mask/Sub'), least], '/mask/Mul');

  const split = builder.ints('split', [0, 0, HEADS, WIDTH]);
  const joined = builder.ints('joined', [0, 0, HIDDEN]);
  for (let layer = 0; layer < LAYERS; layer++) {
    const at = `layer.${layer}`;
    const heads = (name, perm) => {
      const projected = linear(x, `${at}.attention.${name}`, HIDDEN, HIDDEN);
      const reshaped = op('Reshape', [projected, split], `/${at}/${name}/Reshape`);
      return op('Transpose', [reshaped], `/${at}/${name}/Transpose`, { perm: ints(perm) });
    };
    const scores = op('MatMul', [heads('query', [0, 2, 1, 3]), heads('key', [0, 2, 3, 1])], `/${at}/scores`);
    const masked = op('Add', [op('Mul', [scores, scale], `/${at}/scaled`), bias], `/${at}/masked`);
    const weights = op('Softmax', [masked], `/${at}/Softmax`, { axis: int(-1) });
    const mixed = op('MatMul', [weights, heads('value', [0, 2, 1, 3])], `/${at}/mixed`);
    const flat = op(
      'Reshape',
      [op('Transpose', [mixed], `/${at}/Transpose`, { perm: ints([0, 2, 1, 3]) }), joined],
      `/${at}/Reshape`,
    );
    const attended = op(
      'Add',
      [linear(flat, `${at}.attention.output`, HIDDEN, HIDDEN), x],
      `/${at}/residual`,
    );
    const middle = normalize(attended, `${at}.attention.norm`);
    const inner = gelu(linear(middle, `${at}.intermediate`, HIDDEN, INNER), `/${at}/gelu`);
    const outer = op('Add', [linear(inner, `${at}.output`, INNER, HIDDEN), middle], `/${at}/residual_1`);
    x = normalize(outer, `${at}.output.norm`);
  }

  const first = op(
    'Gather',
    [x, graph.addInitializer('first', Tensor.of('int64', [], BigInt64Array.of(0n)))],
    '/pooler/Gather',
    { axis: int(1) },
  );
  const pooled = op(
    'Gemm',
    [first, parameter('pooler.weight', [HIDDEN, HIDDEN]), parameter('pooler.bias', [HIDDEN])],
    '/pooler/Gemm',
    { transB: int(1) },
  );
  const output = (value, name, shapeOf) => {
    const named = graph.value(name);
    named.type = { dtype: 'float32', shape: shapeOf };
    builder.op('Identity', [value], { into: named, name: `/${name}` });
    graph.outputs.push(named);
  };
  output(x, 'last_hidden_state', ['batch', 'sequence', HIDDEN]);
  output(op('Tanh', [pooled], '/pooler/Tanh'), 'pooler_output', ['batch', HIDDEN]);
  return model;
}
