/** A session that computes chosen values of a model file; weights in data files stay there. */
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { HostTensor } from '../../data/host-tensor.ts';
import type { Model } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { encode } from '../../onnx/encode.ts';
import { modelTable } from '../../onnx/schema.ts';
import { modelToProto } from '../../onnx/to-proto.ts';
import { joinParts } from '../../onnx/write.ts';
import { runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import type { Feeds } from '../../runtime/feeds.ts';
import { type ModelBytes, openSession, type Session } from '../../runtime/session.ts';
import type { Context } from '../../step.ts';
import { expose } from './expose.ts';

export class ExposedSession {
  readonly #session: Session;
  readonly #outputs: ReadonlyMap<string, Value>;

  private constructor(session: Session, outputs: ReadonlyMap<string, Value>) {
    this.#session = session;
    this.#outputs = outputs;
  }

  /**
   * A session that gives `wanted` and computes nothing that these do not need.
   * @param path the file of `model`, whose types are known; LlmcError RUNTIME when the runtime refuses the copy
   */
  static async open(
    model: Model,
    path: string,
    wanted: ReadonlySet<Value>,
    context: Context,
  ): Promise<ExposedSession> {
    const exposure = expose(model, wanted);
    await runPasses(exposure.model, [removeDead], context);
    const session = await openSession(sourceOf(exposure.model, path), {
      threads: context.threads,
      // Fusions would make one value of several.
      optimize: 'basic',
    });
    return new ExposedSession(session, exposure.outputs);
  }

  /** The names of the inputs that are left: what nothing needs may be gone. */
  get inputs(): Session['inputs'] {
    return this.#session.inputs;
  }

  async run(feeds: Feeds): Promise<Map<Value, HostTensor>> {
    const found = new Map<Value, HostTensor>();
    for (const [name, tensor] of Object.entries(await this.#session.run(feeds))) {
      const value = this.#outputs.get(name);
      if (value) found.set(value, tensor);
    }
    return found;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

/** The copy in memory; tensors that the file keeps in data files are read from there by the runtime itself. */
function sourceOf(copy: Model, path: string): ModelBytes {
  const folder = dirname(resolve(path));
  const proto = modelToProto(copy, (tensor) => {
    const location = locationOf(tensor, folder, resolve(path));
    if (location === null) return null;
    return [
      { key: 'location', value: location },
      { key: 'offset', value: String(tensor.source.file?.offset ?? 0) },
      { key: 'length', value: String(tensor.source.byteLength) },
    ];
  });
  return { model: joinParts(encode(modelTable, proto)), externalFolder: folder };
}

/** Path of the data file from the model's folder; null for tensors inside the model file or in memory. */
function locationOf(tensor: Tensor, folder: string, path: string): string | null {
  const { file } = tensor.source;
  if (!file || tensor.strings || resolve(file.path) === path) return null;
  const location = relative(folder, resolve(file.path));
  return location.startsWith('..') || isAbsolute(location) ? null : location.split(sep).join('/');
}
