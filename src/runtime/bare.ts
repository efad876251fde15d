/** A session with nothing of llmc around it: what an application that only runs the model would load. */
import { dirname, resolve } from 'node:path';
import type * as Ort from 'onnxruntime-node';
import type { HostTensor } from '../data/host-tensor.ts';
import { firstLine, loadOrt } from './ort.ts';

/** Feeds as onnxruntime takes them. */
export type BareFeeds = Record<string, Ort.Tensor>;

export interface BareSession {
  feeds(feeds: Readonly<Record<string, HostTensor>>): BareFeeds;
  /** Every output, its values where JavaScript can read them. */
  run(feeds: BareFeeds): Promise<unknown>;
}

/** Plain errors with onnxruntime's message in one line: whoever starts the process names the model. */
export async function openBare(path: string, threads: number, provider = 'cpu'): Promise<BareSession> {
  const ort = await loadOrt();
  const options: Ort.InferenceSession.SessionOptions = {
    logSeverityLevel: 4,
    executionProviders: [provider],
    ...(threads > 0 ? { intraOpNumThreads: threads } : {}),
  };
  try {
    const session = await ort.InferenceSession.create(path, options);
    // onnxruntime-node crashes on outputs that are sequences or optionals, so they are never asked for.
    const outputs = session.outputMetadata.filter(({ isTensor }) => isTensor).map(({ name }) => name);
    return {
      feeds: (feeds) =>
        Object.fromEntries(
          Object.entries(feeds).map(([name, { dtype, data, dims }]) => [
            name,
            new ort.Tensor(dtype as 'float32', data as Float32Array, [...dims]),
          ]),
        ),
      run: (feeds) => session.run(feeds, outputs, { logSeverityLevel: 4 }),
    };
  } catch (error) {
    throw new Error(firstLine(error, dirname(resolve(path))), { cause: error });
  }
}
