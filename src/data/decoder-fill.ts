/** Inputs of a decoder that data need not hold, because they follow from its tokens: an empty cache, mask, positions. */
import { LlmcError } from '../errors.ts';
import { castTensor } from './cast.ts';
import { allocate, elementCount, type HostTensor } from './host-tensor.ts';
import { decoderTokens, pastAxis, roleOf } from './roles.ts';
import type { ValueInfo } from './value-info.ts';

type Feeds = Readonly<Record<string, HostTensor>>;

/** Whether the input of a decoder can be made from its tokens. What concerns an encoder cannot. */
export function isDerivable(input: ValueInfo): boolean {
  const role = roleOf(input);
  if (input.dtype === 'bool') return /use_cache/i.test(input.name);
  return role !== 'values' && role !== 'length' && !/encoder_(attention_)?mask/i.test(input.name);
}

/**
 * Feeds for inputs the data has nothing for: as little past as the model and the other feeds allow, hidden by the mask;
 * positions count what the mask shows. LlmcError DATA when a size does not follow from the tokens.
 * @param missing derivable inputs
 * @param inputs all inputs of the decoder
 * @param feeds the tokens, and whatever else the data has
 */
export function derivedFeeds(
  missing: readonly ValueInfo[],
  inputs: readonly ValueInfo[],
  feeds: Feeds,
): Record<string, HostTensor> {
  const found: Record<string, HostTensor> = {};
  const tokens = decoderTokens(inputs);
  const ids = tokens && feeds[tokens.name];
  if (!tokens || !ids || missing.length === 0) return found;
  const [batch = 1, sequence = 1] = ids.dims;
  const mask = maskOf(inputs, feeds, sequence);
  const past = mask.total - sequence;
  const visible = mask.fed ?? ((_row: number, at: number) => (at >= mask.hidden ? 1 : 0));
  const places = placesOf(visible, batch, mask.total);
  const sizes = new Map<unknown, number>([
    [tokens.dims[0] ?? tokens, batch],
    [tokens.dims[1] ?? ids, sequence],
  ]);
  const dimsOf = (input: ValueInfo, lengths: readonly number[]): number[] =>
    input.dims.map((dim, axis) => {
      if (typeof dim === 'number') return dim;
      const size = sizes.get(dim) ?? lengths[axis] ?? (axis === 0 ? batch : undefined);
      if (size !== undefined) return size;
      throw new LlmcError(
        'DATA',
        `the size "${dim}" of the input "${input.name}" does not follow from the data`,
        {
          hint: `put an array named ${input.name} into the data`,
        },
      );
    });
  const make = (input: ValueInfo, dims: readonly number[], value: (index: number) => number): void => {
    const data = BigInt64Array.from({ length: elementCount(dims) }, (_, index) => BigInt(value(index)));
    found[input.name] = castTensor({ dtype: 'int64', dims, data }, input.dtype, input.name);
  };
  for (const input of missing) {
    const role = roleOf(input);
    if (role === 'cache') {
      const lengths: number[] = [];
      lengths[pastAxis(input)] = past;
      const dims = dimsOf(input, lengths);
      found[input.name] = { dtype: input.dtype, dims, data: allocate(input.dtype, elementCount(dims)) };
    } else if (role === 'mask') {
      const dims = dimsOf(input, [batch, mask.total]);
      make(input, dims, (at) => visible(Math.floor(at / mask.total), at % mask.total));
    } else if (role === 'positions') {
      const alone = input.dims.length === 1;
      const dims = dimsOf(input, alone ? [sequence] : [batch, sequence]);
      make(input, dims, (at) =>
        places(alone ? 0 : Math.floor(at / sequence) % batch, past + (at % sequence)),
      );
    } else if (role === 'last') {
      const dims = dimsOf(input, [batch]);
      make(input, dims, (row) => places(row, mask.total - 1));
    } else make(input, dimsOf(input, [batch, sequence]), () => (role === 'total' ? mask.total : 0));
  }
  return found;
}

interface Mask {
  /** Past and new tokens. */
  readonly total: number;
  /** Places at the beginning whose cache was never filled. */
  readonly hidden: number;
  /** What the data says about a place; undefined without a mask in the data. */
  readonly fed?: (row: number, at: number) => number;
}

function maskOf(inputs: readonly ValueInfo[], feeds: Feeds, sequence: number): Mask {
  const cache = inputs.find((input) => roleOf(input) === 'cache');
  const axis = cache ? pastAxis(cache) : 0;
  const fedCache = cache && feeds[cache.name];
  const stated = cache?.dims[axis];
  const name = inputs.find((input) => roleOf(input) === 'mask' && input.dims.length === 2)?.name;
  const fed = name === undefined ? undefined : feeds[name];
  if (fed && !Array.isArray(fed.data)) {
    const { data } = fed;
    const total = Math.max(sequence, fed.dims[1] ?? 0);
    return { total, hidden: 0, fed: (row, at) => Number(data[row * total + at] ?? 0) };
  }
  const past = fedCache?.dims[axis] ?? (typeof stated === 'number' ? stated : 0);
  return { total: past + sequence, hidden: fedCache ? 0 : past };
}

/** The position of a place: how many visible ones stand before it. */
function placesOf(
  visible: (row: number, at: number) => number,
  rows: number,
  total: number,
): (row: number, at: number) => number {
  const places = new Int32Array(rows * total);
  for (let row = 0; row < rows; row++) {
    let seen = 0;
    for (let at = 0; at < total; at++) {
      places[row * total + at] = Math.max(0, seen - (visible(row, at) ? 0 : 1));
      if (visible(row, at)) seen++;
    }
  }
  return (row, at) => places[row * total + at] ?? 0;
}
