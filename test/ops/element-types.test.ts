import { describe, expect, it } from 'vitest';
import { int, tensorAttribute } from '../../src/ir/attribute.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import { followsData, outputType, parseElementTypes } from '../../src/ops/element-types.ts';
import { nodeOf } from './support.ts';

describe('element types', () => {
  it('reads variables, fixed types, choices and attributes', () => {
    const { inputs, outputs } = parseElementTypes('T, int64?, int32|int64, any* -> @to=float32, T');
    expect(inputs).toEqual([
      { kind: 'variable', name: 'T' },
      { kind: 'fixed', dtype: 'int64' },
      { kind: 'open' },
      { kind: 'open' },
    ]);
    expect(outputs[0]).toEqual({ kind: 'attribute', name: 'to', fallback: 'float32' });
    expect(() => parseElementTypes('T -> float')).toThrow(/'float' is no element type/);
    expect(() => parseElementTypes('T')).toThrow(/inputs -> outputs/);
  });

  it('tells inputs that follow the data from those that do not', () => {
    const follows = (type: string, count: number) => {
      const node = nodeOf(type, { inputs: Array.from({ length: count }, () => [2]) });
      return node.inputs.map((_, index) => followsData(node, index));
    };
    expect(follows('Resize', 4)).toEqual([true, false, false, false]);
    expect(follows('Reshape', 2)).toEqual([true, false]);
    expect(follows('Concat', 3)).toEqual([true, true, true]);
    expect(follows('NonMaxSuppression', 5)).toEqual([false, false, false, false, false]);
    expect(follows('custom.Op', 1)).toEqual([null]);
  });

  it('derives the type of an output', () => {
    const x = Tensor.of('float16', [1], new Uint16Array(1));
    const i = Tensor.ints([0]);
    const first = (
      type: string,
      inputs: Parameters<typeof nodeOf>[1]['inputs'],
      attributes = {},
      index = 0,
    ) => outputType(nodeOf(type, { inputs, attributes }), index);
    expect(first('Add', [x, x])).toBe('float16');
    expect(first('Gather', [x, i])).toBe('float16');
    expect(first('Shape', [x])).toBe('int64');
    expect(first('Equal', [x, x])).toBe('bool');
    expect(first('Where', [i, undefined, x])).toBe('float16');
    expect(first('Cast', [x], { to: int(7) })).toBe('int64');
    expect(first('ConstantOfShape', [i])).toBe('float32');
    expect(first('ConstantOfShape', [i], { value: tensorAttribute(i) })).toBe('int64');
    expect(first('TopK', [x, i], {}, 1)).toBe('int64');
    expect(first('DynamicQuantizeLinear', [x], {}, 2)).toBe('uint8');
    expect(first('If', [x])).toBeNull();
    expect(first('custom.Op', [x])).toBeNull();
  });
});
