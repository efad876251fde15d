/** Plays recordings to silero's voice activity detector, frame by frame, with the state carried. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** Recordings of the Debian package pocketsphinx-testdata from which no calibration row was taken. */
const HELD_OUT = [/^something\.raw$/, /^cards[\\/]00[45]\.wav$/, /^librivox[\\/].*-0(880|890|920|930)\.wav$/];
/** Samples of the frame before that a frame begins with, and new ones, at 16 kHz. */
const [CONTEXT, STEP] = [64, 512];
/** Hears every recording from its start; each model keeps its own state. */
export async function listen(path, recordings) {
  const session = await InferenceSession.create(path, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const sr = new Tensor('int64', [16000n], []);
  const verdicts = [];
  let ms = 0;
  for (const samples of recordings) {
    let state = new Tensor('float32', new Float32Array(256), [2, 1, 128]);
    const padded = new Float32Array(CONTEXT + samples.length);
    padded.set(samples, CONTEXT);
    for (let at = 0; at + CONTEXT + STEP <= padded.length; at += STEP) {
      const frame = padded.slice(at, at + CONTEXT + STEP);
      const start = performance.now();
      const { output, stateN } = await session.run({
        input: new Tensor('float32', frame, [1, frame.length]),
        state,
        sr,
      });
      ms += performance.now() - start;
      verdicts.push(output.data[0]);
      state = stateN;
    }
  }
  await session.release();
  return { verdicts, ms };
}

/** The held-out recordings: 16-bit mono samples as -1..1. */
export function readRecordings() {
  const places = [
    ...(process.env.LLMC_POCKETSPHINX_TESTDATA?.split(delimiter) ?? []),
    '/usr/share/pocketsphinx/test/data',
  ];
  const folder = places.find((place) => existsSync(place));
  if (folder === undefined) return [];
  return readdirSync(folder, { recursive: true })
    .filter((file) => HELD_OUT.some((pattern) => pattern.test(file)))
    .sort()
    .map((file) => samplesOf(readFileSync(join(folder, file))));
}

function samplesOf(bytes) {
  const start = bytes.toString('latin1', 0, 4) === 'RIFF' ? bytes.indexOf('data') + 8 : 0;
  return Float32Array.from(
    { length: (bytes.length - start) >> 1 },
    (_, i) => bytes.readInt16LE(start + 2 * i) / 32768,
  );
}
