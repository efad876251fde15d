/** Decides which tensors go into data files, and where: alignment, shards, shared ranges for shared tensors. */
import { LlmcError } from '../errors.ts';
import type { ByteSource } from '../ir/bytes.ts';
import type { Model } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import { allNodes } from '../ir/walk.ts';
import { storedBytes } from './sparse.ts';
import type { Place } from './to-proto.ts';

export interface LayoutOptions {
  /** auto: outside only where protobuf's 2 GiB limit asks for it. */
  readonly externalData: 'auto' | 'always' | 'never';
  /** Largest data file in bytes; null keeps one file. A tensor larger than that gets a file of its own. */
  readonly shardBytes: number | null;
  /** Every external tensor starts at a multiple of this; page size by default so that runtimes can map it. */
  readonly alignBytes: number;
}

/** One data file: parts with their offsets, in order; gaps are zeros. */
export interface DataFile {
  readonly name: string;
  readonly parts: { readonly offset: number; readonly source: ByteSource }[];
  byteLength: number;
}

/** Protobuf's limit is 2 GiB for a message; the structure needs room beside the weights. */
const INSIDE_LIMIT = 2 ** 31 - 64 * 2 ** 20;
/** Smaller tensors (shapes, scalars) stay inside: runtimes read them while loading. */
const SMALLEST = 1024;

/** Bytes of all tensors of the model, shared ones once. */
export function weightBytes(model: Model): number {
  const seen = new Set<Tensor>();
  let total = 0;
  const add = (tensor: Tensor): void => {
    if (seen.has(tensor)) return;
    seen.add(tensor);
    total += storedBytes(tensor);
  };
  const graphs = new Set([model.graph]);
  for (const node of allNodes(model)) {
    for (const body of node.subgraphs) graphs.add(body);
    for (const attribute of node.attributes.values()) if (attribute.kind === 'tensor') add(attribute.value);
  }
  for (const graph of graphs) for (const value of graph.initializers) if (value.tensor) add(value.tensor);
  return total;
}

/**
 * Whether the model needs data files.
 * @throws LlmcError USAGE when they are forbidden but the model is too large without them
 */
export function needsDataFiles(model: Model, options: LayoutOptions): boolean {
  if (options.externalData === 'always') return true;
  const large = weightBytes(model) > INSIDE_LIMIT;
  if (large && options.externalData === 'never')
    throw new LlmcError('USAGE', 'the model is above 2 GB, the most a single ONNX file can hold', {
      hint: 'leave --external-data at auto, or use always',
    });
  return large;
}

/** A `Place` that fills data files named after `modelName`; read `files` after the model has been encoded. */
export class Layout {
  readonly files: DataFile[] = [];
  readonly #options: LayoutOptions;
  readonly #modelName: string;
  readonly #placed = new Map<ByteSource, { file: DataFile; offset: number }>();

  constructor(modelName: string, options: LayoutOptions) {
    this.#modelName = modelName;
    this.#options = options;
  }

  readonly place: Place = (tensor) => {
    if (tensor.strings || tensor.source.byteLength < SMALLEST) return null;
    // Two initializers over the same bytes share one range.
    const at = this.#placed.get(tensor.source) ?? this.#add(tensor.source);
    this.#placed.set(tensor.source, at);
    return [
      { key: 'location', value: at.file.name },
      { key: 'offset', value: String(at.offset) },
      { key: 'length', value: String(tensor.source.byteLength) },
    ];
  };

  #add(source: ByteSource): { file: DataFile; offset: number } {
    const { alignBytes, shardBytes } = this.#options;
    let file = this.files.at(-1);
    let offset = file ? Math.ceil(file.byteLength / alignBytes) * alignBytes : 0;
    if (!file || (shardBytes !== null && offset > 0 && offset + source.byteLength > shardBytes)) {
      file = { name: this.#nextName(), parts: [], byteLength: 0 };
      this.files.push(file);
      offset = 0;
    }
    file.parts.push({ offset, source });
    file.byteLength = offset + source.byteLength;
    return { file, offset };
  }

  #nextName(): string {
    const base = `${this.#modelName}.data`;
    return this.#options.shardBytes === null
      ? base
      : `${base}-${String(this.files.length + 1).padStart(5, '0')}`;
  }
}
