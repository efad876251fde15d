/** Operators that make tensors out of attributes, shapes and ranges. */
import { generatedFloats } from '../generated-floats.ts';
import { labels, tensor } from '../labels.ts';
import type { OpSpec } from '../spec.ts';

export const constants: readonly OpSpec[] = [
  // A weight may hide here; llmc lifts it into an initializer before it does anything else.
  {
    type: 'Constant',
    quant: { kind: 'passthrough' },
    types: '-> @value',
    // One that could not be lifted.
    float32Only: 'a constant without a plain tensor form',
  },
  {
    type: 'ConstantOfShape',
    gradient: 'none',
    axes: (node) => {
      const rank = node.output()?.rank ?? null;
      return rank === null ? null : `_ -> ${tensor('Y', labels(rank))}`;
    },
    statedShape: 0,
    quant: { kind: 'exact' },
    types: 'int64 -> @value=float32',
    bfloat16: 20,
    cpuBfloat16: true,
  },
  {
    type: 'EyeLike',
    gradient: 'none',
    shapeOnly: true,
    quant: { kind: 'exact' },
    types: 'T -> @dtype',
    bfloat16: 22,
    float32Only: generatedFloats,
  },
  {
    type: 'Range',
    gradient: 'none',
    quant: { kind: 'exact' },
    types: 'T, T, T -> T',
    float16: 27,
    bfloat16: 27,
  },
  { type: 'com.microsoft.Range', quant: { kind: 'exact' }, types: 'T, T, T? -> T', float16: null },
  {
    type: 'Shape',
    gradient: 'none',
    shapeOnly: true,
    tellsDims: true,
    quant: { kind: 'exact' },
    types: 'T -> int64',
    cpuBfloat16: true,
  },
  { type: 'Size', gradient: 'none', shapeOnly: true, quant: { kind: 'exact' }, types: 'T -> int64' },
];
