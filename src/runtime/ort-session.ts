/** A session of onnxruntime, native or in WebAssembly, on host tensors: both packages have the same classes. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type * as Ort from 'onnxruntime-node';
import { describeColumns, describeInputs } from '../data/describe.ts';
import type { HostTensor, TypedArray } from '../data/host-tensor.ts';
import type { ValueInfo } from '../data/value-info.ts';
import { LlmcError } from '../errors.ts';
import { memoryBytes } from '../ir/bytes.ts';
import { openFile } from '../onnx/file.ts';
import { firstLine } from './ort.ts';
import type { ModelBytes, Session } from './session.ts';
import { unrankedInputs } from './unranked.ts';

/** Reads the model once more, its structure alone, where an input looks like a scalar. */
export function unrankedAmong(
  native: Ort.InferenceSession,
  source: string | ModelBytes,
): ReadonlySet<string> {
  if (!native.inputMetadata.some((input) => input.isTensor && input.shape.length === 0)) return new Set();
  return unrankedInputs(typeof source === 'string' ? openFile(source) : memoryBytes(source.model));
}

function valueInfo(metadata: Ort.InferenceSession.ValueMetadata): ValueInfo {
  if (!metadata.isTensor) return { name: metadata.name, dtype: 'non-tensor', dims: [] };
  return {
    name: metadata.name,
    dtype: metadata.type,
    dims: metadata.shape.map((dim) => (dim === '' || dim === undefined ? null : dim)),
  };
}

/** What onnxruntime opened, of whichever package. */
export class OrtSession implements Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly #ort: Pick<typeof Ort, 'Tensor'>;
  readonly #native: Ort.InferenceSession;
  #profileFolder: string | null;

  constructor(
    ort: Pick<typeof Ort, 'Tensor'>,
    native: Ort.InferenceSession,
    profileFolder: string | null,
    unranked: ReadonlySet<string>,
  ) {
    this.#ort = ort;
    this.#native = native;
    this.#profileFolder = profileFolder;
    this.inputs = native.inputMetadata
      .map(valueInfo)
      .map((info) => (unranked.has(info.name) ? { ...info, unranked: true } : info));
    this.outputs = native.outputMetadata.map(valueInfo);
  }

  async run(
    feeds: Readonly<Record<string, HostTensor>>,
    outputs?: readonly string[],
  ): Promise<Record<string, HostTensor>> {
    try {
      const results = await this.#native.run(
        this.#nativeFeeds(feeds),
        // onnxruntime-node crashes on outputs that are sequences or optionals, so they are never asked for.
        outputs ?? this.#tensorOutputs(),
        { logSeverityLevel: 4 },
      );
      const host: Record<string, HostTensor> = {};
      for (const [name, tensor] of Object.entries(results)) host[name] = fromNative(tensor);
      return host;
    } catch (cause) {
      if (cause instanceof LlmcError) throw cause;
      throw new LlmcError('RUNTIME', `the model failed to run: ${firstLine(cause)}`, {
        hint: this.#hint(feeds),
        cause,
      });
    }
  }

  async runInto(
    feeds: Readonly<Record<string, HostTensor>>,
    into: Readonly<Record<string, HostTensor | null>>,
  ): Promise<Record<string, HostTensor>> {
    const fetches = Object.fromEntries(
      Object.entries(into).map(([name, tensor]) => [name, tensor && this.#toNative(tensor)]),
    );
    try {
      const results = await this.#native.run(this.#nativeFeeds(feeds), fetches, { logSeverityLevel: 4 });
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromNative(tensor)]));
    } catch (cause) {
      throw new LlmcError('RUNTIME', `the model failed to run: ${firstLine(cause)}`, {
        hint: this.#hint(feeds),
        cause,
      });
    }
  }

  #nativeFeeds(feeds: Readonly<Record<string, HostTensor>>): Record<string, Ort.Tensor> {
    return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, this.#toNative(tensor)]));
  }

  /** What was fed, beside what the model says it takes. */
  #hint(feeds: Readonly<Record<string, HostTensor>>): string {
    const fed = Object.entries(feeds).map(([name, { dtype, dims }]) => ({ name, dtype, dims }));
    return `fed: ${describeColumns(fed)}; the model takes: ${describeInputs(this.inputs)}; other sizes: --data, --dim name=value`;
  }

  #tensorOutputs(): string[] {
    const names = this.outputs.filter(({ dtype }) => dtype !== 'non-tensor').map(({ name }) => name);
    if (names.length > 0) return names;
    throw new LlmcError('UNSUPPORTED', 'no output of the model is a tensor', {
      hint: 'sequences, maps and optionals cannot be read from here',
    });
  }

  async endProfile(): Promise<string> {
    const folder = this.#profileFolder;
    if (folder === null) return '[]';
    this.#native.endProfiling();
    const [file] = await readdir(folder);
    const text = file === undefined ? '[]' : await readFile(join(folder, file), 'utf8');
    await this.#dropProfile();
    return text;
  }

  async release(): Promise<void> {
    if (this.#profileFolder !== null) this.#native.endProfiling();
    await this.#native.release();
    await this.#dropProfile();
  }

  async #dropProfile(): Promise<void> {
    const folder = this.#profileFolder;
    this.#profileFolder = null;
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }

  #toNative(tensor: HostTensor): Ort.Tensor {
    const { dtype, data, dims } = tensor;
    // The constructor checks the pair (dtype, array class) itself; its overloads cannot say so.
    return new this.#ort.Tensor(dtype as 'float32', data as Float32Array, [...dims]);
  }
}

function fromNative(tensor: Ort.Tensor): HostTensor {
  const data = tensor.data as TypedArray | string[];
  // Node versions with a Float16Array hand float16 out as one; llmc works on the bits everywhere.
  const bits =
    tensor.type === 'float16' && !Array.isArray(data) && !(data instanceof Uint16Array)
      ? new Uint16Array(
          (data as TypedArray).buffer,
          (data as TypedArray).byteOffset,
          (data as TypedArray).length,
        )
      : data;
  return { dtype: tensor.type, dims: tensor.dims, data: bits };
}
