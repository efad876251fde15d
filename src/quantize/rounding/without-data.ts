/** What a rounding method does for matrices it has no data about. */
import { hqqColumns } from '../../numeric/hqq.ts';
import { kquant } from '../../numeric/kquant.ts';
import type { LayerGrid, RoundedLayer } from '../../numeric/layer.ts';
import { unpackMatmul } from '../../numeric/layer-pack.ts';

/** Methods that need data leave matrices without to the search, which is the best that does not. */
export function withoutData(rounding: string): 'nearest' | 'hqq' | 'kquant' {
  return rounding === 'nearest' || rounding === 'hqq' ? rounding : 'kquant';
}

/** The layer as `hqq` or, for all other methods, the search rounds it; `weight` is [inputs, outputs]. */
export function roundWithoutData(
  rounding: 'hqq' | 'kquant',
  weight: Float32Array,
  grid: LayerGrid,
): RoundedLayer {
  const { inputs, outputs, bits, blockSize, scaleType = 'float32' } = grid;
  // Three bits have no stored form, and so no half-quadratic one.
  if (rounding === 'kquant' || bits === 3) return kquant(weight, grid);
  const spec = { bits, blockSize, zeroPoints: 'integer', scaleType } as const;
  const { codes, scales, zeroPoints } = hqqColumns(weight, inputs, outputs, spec);
  if (!(zeroPoints instanceof Uint8Array)) throw new Error('integer zero points were asked for');
  return unpackMatmul({ codes, scales, zeroPoints }, { ...grid, bits });
}
