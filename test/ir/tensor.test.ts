import { describe, expect, it } from 'vitest';
import { computedBytes, memoryBytes } from '../../src/ir/bytes.ts';
import { byteLengthOf, DTYPES, type DType, dtypeOfCode } from '../../src/ir/dtype.ts';
import { floatsOf } from '../../src/ir/floats.ts';
import { sizeOf, Tensor } from '../../src/ir/tensor.ts';

describe('Tensor', () => {
  it('gives a view where the bytes are aligned and a right copy where not', () => {
    const values = Float64Array.from([1.5, -2, 3e300]);
    for (let shift = 0; shift < 9; shift++) {
      const buffer = new Uint8Array(values.byteLength + 16);
      const bytes = buffer.subarray(shift, shift + values.byteLength);
      bytes.set(new Uint8Array(values.buffer));
      const array = new Tensor({ dtype: 'float64', dims: [3], source: memoryBytes(bytes) }).array();
      expect([...(array as Float64Array)]).toEqual([...values]);
      expect(array.buffer === buffer.buffer).toBe(shift % 8 === 0);
    }
  });

  it('reads Buffers, which share memory with strangers, at any alignment', () => {
    const pool = Buffer.alloc(64, 0xee);
    pool.writeFloatLE(1.25, 3);
    pool.writeFloatLE(-4, 7);
    const tensor = new Tensor({ dtype: 'float32', dims: [2], source: memoryBytes(pool.subarray(3, 11)) });
    expect([...(tensor.array() as Float32Array)]).toEqual([1.25, -4]);
  });

  it('knows its sizes without reading', () => {
    const tensor = new Tensor({
      dtype: 'int4',
      dims: [3, 3],
      source: computedBytes(5, () => {
        throw new Error('read');
      }),
    });
    expect([tensor.size, tensor.byteLength, tensor.dims.length]).toEqual([9, 5, 2]);
    expect(() => tensor.bytes()).toThrow('read');
  });

  it('refuses an array that does not fit its dims', () => {
    expect(() => Tensor.of('float32', [2, 2], new Float32Array(3))).toThrow(/needs 16 bytes, got 12/);
  });

  it('has one element without dims and none with a zero', () => {
    expect([sizeOf([]), sizeOf([5, 0, 7])]).toEqual([1, 0]);
  });

  it('reads integers of any width as numbers', () => {
    expect(Tensor.ints([1, -1, 2 ** 40]).numbers()).toEqual([1, -1, 2 ** 40]);
    expect(Tensor.of('uint8', [2], Uint8Array.of(255, 0)).numbers()).toEqual([255, 0]);
  });
});

describe('computedBytes', () => {
  it('are made at each read and must have the length they promised', () => {
    let made = 0;
    const source = computedBytes(4, () => {
      made++;
      return Uint8Array.of(1, 2, 3, 4);
    });
    expect([...source.read(1, 3)]).toEqual([2, 3]);
    expect([...source.read()]).toEqual([1, 2, 3, 4]);
    expect(made).toBe(2);
    expect(() => computedBytes(5, () => new Uint8Array(4)).read()).toThrow(/promised 5, made 4/);
  });
});

describe('dtypes', () => {
  it('have one code each, and the code finds them', () => {
    const names = Object.keys(DTYPES) as DType[];
    expect(names.map((name) => dtypeOfCode(DTYPES[name].code))).toEqual(names);
    expect([dtypeOfCode(0), dtypeOfCode(29), dtypeOfCode(-1)]).toEqual([null, null, null]);
  });

  it('pack elements below a byte and round up', () => {
    const lengths = { int4: 5, uint2: 3, float6e2m3: 7, float16: 18, complex128: 144, bool: 9 } as const;
    for (const [dtype, bytes] of Object.entries(lengths)) expect(byteLengthOf(dtype as DType, 9)).toBe(bytes);
  });
});

describe('floatsOf', () => {
  it('widens every float type', () => {
    expect([...floatsOf(Tensor.of('float16', [3], Uint16Array.of(0x3c00, 0xc000, 0x7c00)))]).toEqual([
      1,
      -2,
      Infinity,
    ]);
    expect([...floatsOf(Tensor.of('bfloat16', [2], Uint16Array.of(0x3f80, 0xc000)))]).toEqual([1, -2]);
    expect([...floatsOf(Tensor.of('float64', [2], Float64Array.of(0.1, 4)))]).toEqual([Math.fround(0.1), 4]);
    expect(() => floatsOf(Tensor.ints([1]))).toThrow(/no float type/);
  });
});
