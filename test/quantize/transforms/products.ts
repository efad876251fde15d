/** Products for tests, from samples of an activation and a weight given as rows. */
import type { Product } from '../../../src/quantize/transforms/noise.ts';

/**
 * @param samples what each input channel was, channel by channel
 * @param weight [output channels][input channels]
 */
export function productFrom(
  samples: readonly (readonly number[])[],
  weight: readonly (readonly number[])[],
): Product {
  const of = (pick: (values: readonly number[]) => number): Float64Array => Float64Array.from(samples, pick);
  return {
    extremes: { min: of((values) => Math.min(...values)), max: of((values) => Math.max(...values)) },
    squares: {
      squares: of((values) => values.reduce((sum, value) => sum + value * value, 0)),
      count: samples[0]?.length ?? 0,
    },
    carried: [],
    weight: Float32Array.from(weight.flat()),
    inputs: Int32Array.from(weight.flatMap((row) => row.map((_, input) => input))),
    scales: Int32Array.from(weight.flatMap((row, output) => row.map(() => output))),
    scaleCount: weight.length,
    weightMax: Float64Array.from(samples, (_, input) =>
      Math.max(...weight.map((row) => Math.abs(row[input] as number))),
    ),
  };
}
