// Calibrated int8 with progress; then the same again, stopped on the way: nothing partial is left behind.
import { existsSync, readdirSync } from 'node:fs';
import { contextOf, runStep } from 'llmc-onnx';

const input = 'fixtures/models/fashion-cnn.onnx';
const options = {
  scheme: 'int8',
  data: 'fixtures/data/fashion-calibration.npz?limit=128',
  calibration: 'entropy',
};

// Whoever does work takes a context last: who hears of it, who may stop it, with how many threads.
const parts = new Set();
const context = contextOf({
  threads: 1,
  onProgress: ({ label, done, total }) => parts.add(`${label}: ${done} of ${total}`.replace(/:.*/, '')),
  onNote: (text) => console.log(`note: ${text}`),
  onWarning: (text) => console.log(`warning: ${text}`),
});
await runStep('quantize', { input, output: 'calibrated.onnx', force: true }, options, context);
console.log(`heard of: ${[...parts].join(', ')}`);

// Any AbortSignal will do: of a request that was closed, of a button, of AbortSignal.timeout.
const before = readdirSync('.');
const controller = new AbortController();
const stopped = contextOf({ signal: controller.signal, onProgress: () => controller.abort() });
try {
  await runStep('quantize', { input, output: 'never.onnx' }, options, stopped);
} catch (error) {
  console.log(`stopped: ${error.name}`);
}
console.log(
  `left behind: ${readdirSync('.').length - before.length} files, never.onnx ${existsSync('never.onnx')}`,
);
