/** A model that falls apart when its weights are rounded: two large products that cancel. */

import type { Model } from '../../src/ir/model.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { noisyModel } from './quantized.ts';

/** `good` feeds `bad`, whose weight is [A; -A] but for a trace; the result is that trace. */
export function fragileModel(): Model {
  const model =
    noisyModel(`g (float[N,32] x) => (float[N,16] y) <float[32,32] first = {0}, float[64,16] second = {0}>
    { [good] h = MatMul(x, first) [join] c = Concat <axis = 1> (h, h) [bad] y = MatMul(c, second) }`);
  for (const value of model.graph.initializers) {
    if (value.name !== 'second' || !value.tensor) continue;
    const noise = value.tensor.array() as Float32Array;
    const values = Float32Array.from(noise, (own, index) =>
      index < 512 ? own : own / 1000 - (noise[index - 512] as number),
    );
    value.tensor = Tensor.of('float32', [64, 16], values);
  }
  return model;
}
