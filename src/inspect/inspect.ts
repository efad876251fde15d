/** Everything `llmc inspect` tells about a model, as one JSON document. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Bindings } from '../data/dims.ts';
import type { DType } from '../ir/dtype.ts';
import type { Value } from '../ir/value.ts';
import { allGraphs } from '../ir/walk.ts';
import { type OpenedModel, openModel } from '../onnx/read.ts';
import { findDuplicates } from './duplicates.ts';
import { nodesWithWeights, type OperatorRow, operatorRows } from './operators.ts';
import { type StoredTensor, storedTensors } from './tensors.ts';
import { countWork } from './work.ts';

export interface InputOutput {
  readonly name: string;
  readonly dtype: DType | null;
  /** Sizes, symbolic names, null where unknown; null as a whole when not even the rank is known. */
  readonly shape: readonly (number | string | null)[] | null;
}

export interface TypeSum {
  readonly dtype: DType;
  readonly tensors: number;
  readonly elements: number;
  readonly bytes: number;
}

export interface Inspection {
  readonly version: 1;
  readonly name: string;
  readonly path: string;
  readonly producer: string | null;
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly inputs: readonly InputOutput[];
  readonly outputs: readonly InputOutput[];
  /** Model file and data files. */
  readonly sizeBytes: number;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly nodes: number;
  readonly subgraphs: number;
  readonly functions: readonly string[];
  /** Weights; shapes, indices, flags and text do not count. */
  readonly parameters: number;
  readonly macs: {
    readonly total: number;
    /** Sizes given to symbolic dims. */
    readonly at: Bindings;
    readonly unknown: readonly { readonly reason: string; readonly nodes: readonly string[] }[];
  };
  readonly weights: {
    readonly bytes: number;
    readonly byType: readonly TypeSum[];
    /** Largest first; all or the largest few. */
    readonly tensors: readonly Omit<StoredTensor, 'tensor'>[];
    readonly count: number;
    /** Used by more than one node. */
    readonly tied: readonly { readonly name: string; readonly bytes: number; readonly uses: number }[];
    readonly duplicates: readonly {
      readonly names: readonly string[];
      readonly bytes: number;
      readonly certain: boolean;
    }[];
  };
  readonly operators: readonly OperatorRow[];
}

export interface InspectOptions {
  readonly dims: Bindings;
  /** How many tensors to list; null lists all. */
  readonly top: number | null;
}

/**
 * Inspects the model of a file: structure, sizes, operators, work. Weights are not read.
 * @throws LlmcError for files that are no models, USAGE for dims the model does not have
 */
export async function inspect(path: string, options: Partial<InspectOptions> = {}): Promise<Inspection> {
  return await inspectModel(openModel(path), { dims: {}, top: null, ...options });
}

/** Inspects an opened model, which is good for nothing else afterwards. Weights stay where they are. */
export async function inspectModel(opened: OpenedModel, options: InspectOptions): Promise<Inspection> {
  const { model, path } = opened;
  const { graph } = model;
  const inputs = graph.inputs.filter((input) => !input.tensor).map(describe);
  const outputs = graph.outputs.map(describe);
  const tensors = storedTensors(model, path);
  const files = [path, ...opened.externalFiles].map((file) => ({
    name: basename(file),
    bytes: statSync(file).size,
  }));
  const weighted = nodesWithWeights(model);
  const work = await countWork(model, options.dims);
  return {
    version: 1,
    name: basename(path),
    path,
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' ') || null,
    irVersion: model.irVersion,
    opsets: Object.fromEntries([...model.opsets].map(([domain, version]) => [domain || 'ai.onnx', version])),
    metadata: Object.fromEntries(model.metadata),
    inputs,
    outputs,
    sizeBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    files,
    nodes: [...allGraphs(model)].reduce((sum, { nodeCount }) => sum + nodeCount, 0),
    subgraphs: [...allGraphs(model, { functions: false })].length - 1,
    functions: model.functions.map(({ domain, name }) => (domain ? `${domain}.${name}` : name)),
    parameters: tensors.reduce((sum, { parameter, elements }) => sum + (parameter ? elements : 0), 0),
    macs: { total: work.macs, at: work.bindings, unknown: work.unknown },
    weights: summarize(tensors, options.top),
    operators: operatorRows(model, weighted, work.byNode),
  };
}

function describe({ name, type }: Value): InputOutput {
  return { name, dtype: type?.dtype ?? null, shape: type?.shape ?? null };
}

/** Sharing of tensors below this is of no consequence. */
const TELLING = 4096;

function summarize(tensors: readonly StoredTensor[], top: number | null): Inspection['weights'] {
  return {
    bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
    byType: sumByType(tensors),
    count: tensors.length,
    tensors: tensors.slice(0, top ?? tensors.length).map(({ tensor: _, ...rest }) => rest),
    tied: tensors
      .filter(({ useCount, bytes, parameter }) => parameter && useCount > 1 && bytes >= TELLING)
      .map(({ name, bytes, useCount }) => ({ name, bytes, uses: useCount })),
    duplicates: findDuplicates(tensors).map(({ tensors: equal, bytes, certain }) => ({
      names: equal.map(({ name }) => name),
      bytes,
      certain,
    })),
  };
}

function sumByType(tensors: readonly StoredTensor[]): TypeSum[] {
  const sums = new Map<DType, TypeSum>();
  for (const { dtype, elements, bytes } of tensors) {
    const sum = sums.get(dtype) ?? { dtype, tensors: 0, elements: 0, bytes: 0 };
    sums.set(dtype, {
      dtype,
      tensors: sum.tensors + 1,
      elements: sum.elements + elements,
      bytes: sum.bytes + bytes,
    });
  }
  return [...sums.values()].sort((a, b) => b.bytes - a.bytes);
}
