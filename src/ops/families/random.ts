/** Random numbers: equal inputs give different outputs, so that nothing may be folded or reordered. */
import { generatedFloats } from '../generated-floats.ts';
import { defineOps, type OpSpec } from '../spec.ts';

export const random: readonly OpSpec[] = [
  { type: 'Bernoulli', quant: { kind: 'exact' }, random: true, types: 'T -> @dtype', bfloat16: 22 },
  { type: 'Multinomial', quant: { kind: 'exact' }, random: true, types: 'T -> @dtype=int32', bfloat16: 22 },
  ...defineOps(['RandomNormal', 'RandomUniform'], {
    quant: { kind: 'exact' },
    random: true,
    types: '-> @dtype=float32',
    bfloat16: 22,
    float32Only: generatedFloats,
  }),
  ...defineOps(['RandomNormalLike', 'RandomUniformLike'], {
    quant: { kind: 'exact' },
    random: true,
    types: 'T -> @dtype',
    bfloat16: 22,
    float32Only: generatedFloats,
  }),
];
