import { describe, expect, it } from 'vitest';
import { requireSameInterface } from '../../src/compare/interface.ts';
import type { ValueInfo } from '../../src/data/value-info.ts';

const input = (name: string, dtype: string, ...dims: (number | string | null)[]): ValueInfo => ({
  name,
  dtype,
  dims,
});
const check = (ours: readonly ValueInfo[], theirs: readonly ValueInfo[]): void =>
  requireSameInterface({ name: 'a.onnx', inputs: ours }, { name: 'b.onnx', inputs: theirs });

describe('two models that are to be compared', () => {
  const image = input('image', 'float32', 'batch', 3, 224, 224);

  it('may differ in names, in precision and in symbolic dims', () => {
    check([image], [input('pixels', 'float16', 1, 3, null, 224)]);
    check([input('ids', 'int64', 1, 'n')], [input('ids', 'int32', 'b', 'n')]);
    check([image], [input('image', 'float32')]);
    check([image, input('unused', 'int64', 1)], [image]);
  });

  it.for([
    [
      'size',
      [input('image', 'float32', 1, 1, 28, 28)],
      '"image" of b.onnx is [1, 1, 28, 28] where "image" is [batch, 3, 224, 224]',
    ],
    ['rank', [input('x', 'float32', 1, 8)], '"x" of b.onnx is [1, 8] where "image" is [batch, 3, 224, 224]'],
    ['kind', [input('x', 'int64', 'batch', 3, 224, 224)], '"x" of b.onnx is int64 where "image" is float32'],
    ['number', [image, input('mask', 'int64', 1)], '"mask" of b.onnx has no counterpart in a.onnx'],
  ] as const)('must not differ in %s', ([, theirs, message]) => {
    expect(() => check([image], theirs)).toThrow(
      expect.objectContaining({
        code: 'DATA',
        message: `the models take different inputs: ${message}`,
        hint: expect.stringContaining('a.onnx takes image float32[batch, 3, 224, 224], b.onnx takes'),
      }),
    );
  });
});
