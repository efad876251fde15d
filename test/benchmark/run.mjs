/** `npm run benchmark -- NAME [options]`: prints ratios against peers on this machine; exit code 1 for a broken promise. */
import { cpus, totalmem } from 'node:os';

const BENCHMARKS = {
  help: ['llmc --help against node -e 0', async () => (await import('./help.mjs')).help],
  inspect: ['llmc inspect of a 438 MB model', async () => (await import('./inspect.mjs')).inspect],
  data: ['reading data, beside the libraries below', async () => (await import('./data.mjs')).data],
  'quantize-bert': [
    'int8-dynamic, int4 and fp16 of a BERT-base-sized model against the Python tools',
    async () => (await import('./quantize-bert.mjs')).quantizeBert,
  ],
  static: [
    "calibrated int8: accuracy and speed against onnxruntime's Python tools",
    async () => (await import('./static.mjs')).staticInt8,
  ],
  parity: [
    "--parity ort beside onnxruntime's Python tools, on fixtures and corpus",
    async () => (await import('./parity.mjs')).parity,
  ],
  ocr: [
    'PP-OCR quantized: character error rate and text maps, beside onnxruntime for Python',
    async () => (await import('./ocr.mjs')).ocr,
  ],
  vad: [
    'silero quantized: the same verdict on every frame of speech',
    async () => (await import('./vad.mjs')).vad,
  ],
  rounding: [
    'GPTQ and the other rounding methods: layer error and perplexity',
    async () => (await import('./rounding.mjs')).rounding,
  ],
  language: [
    "language models under every scheme: perplexity, size, tied tables, beside onnxruntime's Python tools",
    async () => (await import('./language.mjs')).language,
  ],
  sensitivity: [
    'ranking layers: what one costs, in inferences',
    async () => (await import('./sensitivity.mjs')).sensitivity,
  ],
  transforms: [
    'transforms before static int8: decibels gained',
    async () => (await import('./transforms.mjs')).transforms,
  ],
  calibration: [
    'ranges of activations: time and memory',
    async () => (await import('./calibration.mjs')).calibration,
  ],
  large: ['a model of 4 GB against cp', async () => (await import('./large.mjs')).large],
  roundtrip: [
    'convert of a 438 MB model against cp and Python',
    async () => (await import('./roundtrip.mjs')).roundtrip,
  ],
  determinism: [
    'the same input gives the same bytes',
    async () => (await import('./determinism.mjs')).determinism,
  ],
  honest: [
    'llmc bench: the same model twice, one 5 % slower, a bare loop',
    async () => (await import('./honest.mjs')).honest,
  ],
  fuzz: ['damaged files', async () => (await import('./fuzz.mjs')).fuzz],
};

const [name, ...argv] = process.argv.slice(2);
const entry = BENCHMARKS[name];
if (!entry) {
  console.log(`usage: npm run benchmark -- NAME [--dir FOLDER] [--runs N]\n`);
  for (const [key, [summary]] of Object.entries(BENCHMARKS)) console.log(`  ${key.padEnd(14)} ${summary}`);
  process.exitCode = name === undefined || name === '--help' ? 0 : 2;
} else {
  const [{ model = 'unknown processor' } = {}] = cpus();
  console.log(
    `${model}, ${cpus().length} cores, ${(totalmem() / 1e9).toFixed(0)} GB, Node ${process.version}`,
  );
  const benchmark = await entry[1]();
  process.exitCode = (await benchmark(argv)) ? 0 : 1;
}
