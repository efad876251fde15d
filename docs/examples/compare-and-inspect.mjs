// Where two variants of a model drift apart, and what is in a model.
import { compareModels, contextOf, inspect, runStep } from 'llmc-onnx';

const input = 'fixtures/models/gpt-bytes.onnx';
await runStep('quantize', { input, output: 'gpt.int4.onnx', force: true }, { scheme: 'int4', check: 'load' });

const { layers, suggestions, models } = await compareModels(
  [input, 'gpt.int4.onnx'],
  {
    data: 'fixtures/data/gpt-eval.npz',
    samples: 2,
    sort: 'loss',
    dims: {},
  },
  contextOf(),
);
console.log(`SQNR of the outputs: ${models[1].fidelity.sqnrDb.toFixed(1)} dB`);
for (const { node, sqnrDb } of layers.slice(0, 3)) console.log(`${node}: ${sqnrDb?.toFixed(1)} dB`);
for (const text of suggestions) console.log(`try: ${text}`);

const found = await inspect('gpt.int4.onnx', { top: 2 });
console.log(`${found.parameters} parameters in ${found.sizeBytes} bytes, ${found.nodes} nodes`);
for (const { dtype, bytes } of found.weights.byType) console.log(`${dtype}: ${bytes} bytes`);
