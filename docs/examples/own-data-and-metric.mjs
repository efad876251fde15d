// Bench two models on a data set and with a metric that are modules of one's own, darker-rows.mjs and second-guess.mjs.
import { fileURLToPath } from 'node:url';
import { bench, contextOf, runStep } from 'llmc-onnx';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const input = 'fixtures/models/fashion-cnn.onnx';
await runStep(
  'quantize',
  { input, output: 'dynamic.onnx', force: true },
  { scheme: 'int8-dynamic', check: 'load' },
);

const { models, comparisons } = await bench(
  [input, 'dynamic.onnx'],
  {
    data: here('darker-rows.mjs'),
    metrics: [here('second-guess.mjs'), 'accuracy'],
    timeMs: 100,
    memory: false,
  },
  contextOf({ threads: 1 }),
);
for (const { name, metrics } of models) console.log(name, metrics);
console.log(`drop: ${comparisons[0].metricDrop.secondGuess}`);
