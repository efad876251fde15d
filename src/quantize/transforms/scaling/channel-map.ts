/** ChannelMap: which element of a vector of factors belongs to each position of a tensor. */

/**
 * A table over some keys (axes of a tensor, labels of a signature): `index` is row-major over `dims`, one dim a key, and
 * holds the element of the vector, or -1 where no factor applies. Along keys that are not listed nothing changes.
 */
export interface FactorTable<K> {
  readonly keys: readonly K[];
  readonly dims: readonly number[];
  readonly index: Int32Array;
}

/** Factors along axes of a tensor, axes ascending. */
export type ChannelMap = FactorTable<number>;

/** The map of a tensor whose axis carries the vector itself. */
export function identityMap(axis: number, size: number): ChannelMap {
  return { keys: [axis], dims: [size], index: Int32Array.from({ length: size }, (_, at) => at) };
}

/** True when no position has a factor. */
export function isEmpty<K>({ index }: FactorTable<K>): boolean {
  return index.every((element) => element < 0);
}

/** True for equal tables. Both must be simplified. */
export function equalTables<K>(a: FactorTable<K>, b: FactorTable<K>): boolean {
  return (
    a.keys.join() === b.keys.join() &&
    a.dims.join() === b.dims.join() &&
    a.index.every((element, at) => element === b.index[at])
  );
}

/** A table filled position by position, without the keys along which it does not vary. */
export function tabulate<K>(
  keys: readonly K[],
  dims: readonly number[],
  elementAt: (positions: Int32Array) => number,
): FactorTable<K> {
  const size = dims.reduce((product, dim) => product * dim, 1);
  const index = new Int32Array(size);
  const positions = new Int32Array(dims.length);
  for (let flat = 0; flat < size; flat++) {
    index[flat] = elementAt(positions);
    for (let key = dims.length - 1; key >= 0; key--) {
      const next = (positions[key] as number) + 1;
      positions[key] = next === dims[key] ? 0 : next;
      if (positions[key] !== 0) break;
    }
  }
  return simplified({ keys, dims, index });
}

function simplified<K>(table: FactorTable<K>): FactorTable<K> {
  const constant = table.keys.findIndex((_, key) => !varies(table, key));
  if (constant < 0) return table;
  const { keys, dims, index } = table;
  const size = dims[constant] as number;
  const inside = dims.slice(constant + 1).reduce((product, dim) => product * dim, 1);
  const without = <T>(list: readonly T[]): T[] => list.filter((_, key) => key !== constant);
  return simplified({
    keys: without(keys),
    dims: without(dims),
    index: index.filter((_, flat) => Math.floor(flat / inside) % size === 0),
  });
}

function varies<K>({ dims, index }: FactorTable<K>, key: number): boolean {
  const size = dims[key] as number;
  const inside = dims.slice(key + 1).reduce((product, dim) => product * dim, 1);
  return index.some((element, flat) => {
    const position = Math.floor(flat / inside) % size;
    return position > 0 && element !== index[flat - inside];
  });
}

/** The element of the vector for each element of a tensor of these dims, row-major; -1 for none. */
export function elementsOf(map: ChannelMap, dims: readonly number[]): Int32Array {
  const found = new Int32Array(dims.reduce((product, dim) => product * dim, 1));
  const strides = dims.map((_, axis) => {
    const key = map.keys.indexOf(axis);
    return key < 0 ? 0 : map.dims.slice(key + 1).reduce((product, dim) => product * dim, 1);
  });
  const positions = new Int32Array(dims.length);
  let at = 0;
  for (let flat = 0; flat < found.length; flat++) {
    found[flat] = map.index[at] as number;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] as number;
      const next = (positions[axis] as number) + 1;
      at += stride;
      positions[axis] = next;
      if (next < (dims[axis] as number)) break;
      positions[axis] = 0;
      at -= next * stride;
    }
  }
  return found;
}
