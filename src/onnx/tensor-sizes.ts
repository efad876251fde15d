/** What the bytes of a model are: its largest tensors by name, all others by type. */
import type { Model } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import { allGraphs, allNodes } from '../ir/walk.ts';
import { storedBytes } from './sparse.ts';

export interface NamedSize {
  readonly name: string;
  readonly dtype: string;
  readonly bytes: number;
}

export interface TensorSizes {
  /** The largest first. */
  readonly largest: NamedSize[];
  /** All tensors that are not among the largest, by type. */
  readonly others: { dtype: string; count: number; bytes: number }[];
}

/** @param most how many tensors are named; shared tensors count once, bytes are those of the file */
export function tensorSizes(model: Model, most = 24): TensorSizes {
  const seen = new Set<Tensor>();
  const all: NamedSize[] = [];
  const add = (name: string, tensor: Tensor): void => {
    if (seen.has(tensor)) return;
    seen.add(tensor);
    all.push({ name, dtype: tensor.dtype, bytes: storedBytes(tensor) });
  };
  for (const graph of allGraphs(model))
    for (const value of graph.initializers) if (value.tensor) add(value.name, value.tensor);
  for (const node of allNodes(model))
    for (const attribute of node.attributes.values())
      if (attribute.kind === 'tensor') add(node.outputs[0]?.name ?? node.name, attribute.value);
  all.sort((a, b) => b.bytes - a.bytes);
  const others = new Map<string, { dtype: string; count: number; bytes: number }>();
  for (const { dtype, bytes } of all.slice(most)) {
    const kind = others.get(dtype) ?? { dtype, count: 0, bytes: 0 };
    kind.count++;
    kind.bytes += bytes;
    others.set(dtype, kind);
  }
  return { largest: all.slice(0, most), others: [...others.values()].sort((a, b) => b.bytes - a.bytes) };
}
