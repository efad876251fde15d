/** The median milliseconds of session.run and nothing around it: bare-loop.mjs MODEL */
import { performance } from 'node:perf_hooks';
import ort from 'onnxruntime-node';

const session = await ort.InferenceSession.create(process.argv[2]);
const feeds = {};
for (const { name, shape } of session.inputMetadata) {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
  feeds[name] = new ort.Tensor('float32', data, shape);
}
const times = [];
for (const end = performance.now() + 2000; performance.now() < end; ) {
  const start = performance.now();
  await session.run(feeds);
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
console.log(times[times.length >> 1]);
