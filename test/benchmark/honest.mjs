/** Whether `llmc bench` can be believed: the same model twice, a model 5 % slower, and a bare loop beside it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Builder } from '../../dist/ir/builder.js';
import { Graph } from '../../dist/ir/graph.js';
import { Model } from '../../dist/ir/model.js';
import { Tensor } from '../../dist/ir/tensor.js';
import { encodeModel } from '../../dist/onnx/write.js';
import { normal, seedFor } from '../../dist/random.js';
import { llmc, node, ROOT } from './measure.mjs';
import { readOptions } from './options.mjs';
import { printTable } from './table.mjs';

/** Layers of the model; one more makes it 5 % slower. */
const LAYERS = 20;
/** Width and rows of each layer: about a millisecond in all, and some. */
const SIZES = [
  ['small', 256, 32],
  ['medium', 512, 64],
];

/** @param {readonly string[]} argv */
export async function honest(argv) {
  const { runs } = readOptions(argv, 100);
  const folder = mkdtempSync(join(tmpdir(), 'llmc-honest-'));
  const rows = [];
  try {
    for (const [name, width, batch] of SIZES) {
      const [same, padded] = [LAYERS, LAYERS + 1].map((layers) => {
        const path = join(folder, `${name}-${layers}.onnx`);
        writeFileSync(path, encodeModel(chain(layers, width, batch)));
        return path;
      });
      const told = { same: [], slower: [] };
      const loops = [];
      for (let run = 0; run < runs; run++) {
        told.same.push(await verdict(same, same));
        told.slower.push(await verdict(same, padded));
        if (run < 5) loops.push(await besideLoop(same));
      }
      const equal = told.same.filter(({ verdict }) => verdict === 'no difference').length;
      const found = told.slower.filter(({ verdict }) => verdict === 'slower').length;
      const middle = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
      rows.push(
        {
          what: `${name}: the same model twice, "no difference"`,
          llmc: `${equal} of ${runs}`,
          bar: '>= 95 %',
          met: equal >= 0.95 * runs,
        },
        {
          what: `${name}: a model 5 % slower, "slower"`,
          llmc: `${found} of ${runs}`,
          peer: `median ${middle(told.slower.map(({ estimate }) => estimate)).toFixed(3)}`,
          bar: '>= 90 %',
          met: found >= 0.9 * runs,
        },
        {
          what: `${name}: median beside a bare loop, of ${loops.length}`,
          llmc: `${middle(loops).toFixed(3)}x`,
          bar: 'within 3 %',
          met: Math.abs(middle(loops) - 1) <= 0.03,
        },
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return printTable('can llmc bench be believed', rows);
}

async function verdict(a, b) {
  const { stdout } = await llmc('bench', a, b, '--no-memory', '--no-gzip', '--json', '--quiet')();
  return JSON.parse(stdout).comparisons[0].speedup;
}

/** The ratio of medians: bench's over that of a loop over session.run and nothing else. */
async function besideLoop(path) {
  const loop = node(join(ROOT, 'test', 'benchmark', 'bare-loop.mjs'), path);
  const before = Number((await loop()).stdout);
  const { stdout } = await llmc('bench', path, '--no-memory', '--no-gzip', '--json', '--quiet')();
  const after = Number((await loop()).stdout);
  return JSON.parse(stdout).models[0].latencyMs.p50 / ((before + after) / 2);
}

/** `layers` products of the same size, one after the other. */
function chain(layers, width, batch) {
  const model = new Model(10, new Map([['', 17]]));
  const graph = new Graph(null);
  model.graph = graph;
  const builder = new Builder(graph);
  let value = graph.value('x');
  value.type = { dtype: 'float32', shape: [batch, width] };
  graph.inputs.push(value);
  for (let layer = 0; layer < layers; layer++) {
    const next = normal(seedFor(`w${layer}`));
    const weight = Float32Array.from({ length: width * width }, () => next() / Math.sqrt(width));
    const type = { dtype: 'float32', shape: [batch, width] };
    value = builder.op(
      'MatMul',
      [value, graph.addInitializer(`w${layer}`, Tensor.of('float32', [width, width], weight))],
      { type },
    );
  }
  graph.outputs = [value];
  return model;
}
