/** The inner loops of src/numeric in AssemblyScript; `npm run kernels` compiles them into src/numeric/simd-bytes.ts. */

// Five areas of 64 KiB; src/numeric/simd.ts shows them to JavaScript, which copies one tile at a time in and out.
const IN: usize = 0;
const OUT: usize = 0x10000;
const A: usize = 0x20000;
const B: usize = 0x30000;
const ROWS: usize = 0x40000;

/** 1.5 * 2^23: adding it rounds half to even and leaves the integer in the low bits. */
const ROUND: f32 = 12582912;
const ROUND_PATTERN: i32 = 0x4b400000;
const FAR: f32 = 1048576;

// `pmin(a, b)` is `b < a ? b : a` and `pmax(a, b)` is `a < b ? b : a`: a NaN in `b` changes nothing.

/** Widens the extremes at A (smallest) and B (largest) by `count` values of IN; returns how many are NaN. */
export function range(count: i32): i32 {
  let low = v128.load32_splat(A);
  let high = v128.load32_splat(B);
  let low2 = low;
  let high2 = high;
  let nan = i32x4.splat(0);
  const end = IN + ((<usize>count) << 2);
  let at = IN;
  for (; at + 32 <= end; at += 32) {
    const v = v128.load(at);
    const w = v128.load(at, 16);
    low = f32x4.pmin(low, v);
    high = f32x4.pmax(high, v);
    low2 = f32x4.pmin(low2, w);
    high2 = f32x4.pmax(high2, w);
    nan = i32x4.sub(nan, i32x4.add(f32x4.ne(v, v), f32x4.ne(w, w)));
  }
  low = f32x4.pmin(low, low2);
  high = f32x4.pmax(high, high2);
  low = f32x4.pmin(low, i32x4.shuffle(low, low, 2, 3, 0, 1));
  high = f32x4.pmax(high, i32x4.shuffle(high, high, 2, 3, 0, 1));
  low = f32x4.pmin(low, i32x4.shuffle(low, low, 1, 0, 3, 2));
  high = f32x4.pmax(high, i32x4.shuffle(high, high, 1, 0, 3, 2));
  let lo = f32x4.extract_lane(low, 0);
  let hi = f32x4.extract_lane(high, 0);
  let n = i32x4.extract_lane(nan, 0) + i32x4.extract_lane(nan, 1);
  n += i32x4.extract_lane(nan, 2) + i32x4.extract_lane(nan, 3);
  for (; at < end; at += 4) {
    const v = load<f32>(at);
    if (v < lo) lo = v;
    if (v > hi) hi = v;
    n += i32(v != v);
  }
  store<f32>(A, lo);
  store<f32>(B, hi);
  return n;
}

/**
 * Counts `count` values of IN in four tables of `bins` integers at ROWS, by turns: equal neighbours in one table would
 * wait for each other. A value's bin is (value - low) * scale, at most `bins - 1`; NaN is in the first.
 */
export function countBins(count: i32, low: f32, scale: f32, bins: i32): void {
  const lows = f32x4.splat(low);
  const scales = f32x4.splat(scale);
  const zero = i32x4.splat(0);
  const last = i32x4.splat(bins - 1);
  const table = (<usize>bins) << 2;
  const end = IN + ((<usize>count) << 2);
  let at = IN;
  for (; at + 16 <= end; at += 16) {
    const place = f32x4.mul(f32x4.sub(v128.load(at), lows), scales);
    const bin = i32x4.shl(i32x4.max_s(zero, i32x4.min_s(last, i32x4.trunc_sat_f32x4_s(place))), 2);
    increment(ROWS + <usize>i32x4.extract_lane(bin, 0));
    increment(ROWS + table + <usize>i32x4.extract_lane(bin, 1));
    increment(ROWS + 2 * table + <usize>i32x4.extract_lane(bin, 2));
    increment(ROWS + 3 * table + <usize>i32x4.extract_lane(bin, 3));
  }
  for (; at < end; at += 4) {
    const place = i32x4.trunc_sat_f32x4_s(f32x4.splat((load<f32>(at) - low) * scale));
    const bin = max(0, min(bins - 1, i32x4.extract_lane(place, 0)));
    increment(ROWS + ((<usize>bin) << 2));
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function increment(at: usize): void {
  store<u32>(at, load<u32>(at) + 1);
}

/** Widens the extremes of `width` columns at A and B by `rows` rows of IN; returns how many values are NaN. */
export function columnRanges(rows: i32, width: i32): i32 {
  let nan = i32x4.splat(0);
  let n = 0;
  const bytes = (<usize>width) << 2;
  const whole = bytes & ~15;
  let row = IN;
  for (let r = 0; r < rows; r++, row += bytes) {
    let c: usize = 0;
    for (; c < whole; c += 16) {
      const v = v128.load(row + c);
      v128.store(A + c, f32x4.pmin(v128.load(A + c), v));
      v128.store(B + c, f32x4.pmax(v128.load(B + c), v));
      nan = i32x4.sub(nan, f32x4.ne(v, v));
    }
    for (; c < bytes; c += 4) {
      const v = load<f32>(row + c);
      if (v < load<f32>(A + c)) store<f32>(A + c, v);
      if (v > load<f32>(B + c)) store<f32>(B + c, v);
      n += i32(v != v);
    }
  }
  n += i32x4.extract_lane(nan, 0) + i32x4.extract_lane(nan, 1);
  return n + i32x4.extract_lane(nan, 2) + i32x4.extract_lane(nan, 3);
}

/** Low bytes of sixteen integers. */
// @ts-expect-error: decorator
@inline
function lowBytes(a: v128, b: v128, c: v128, d: v128): v128 {
  const mask = i32x4.splat(255);
  return i8x16.narrow_i16x8_u(
    i16x8.narrow_i32x4_u(v128.and(a, mask), v128.and(b, mask)),
    i16x8.narrow_i32x4_u(v128.and(c, mask), v128.and(d, mask)),
  );
}

// @ts-expect-error: decorator
@inline
function code(at: usize, scale: v128, low: v128, high: v128, zeroPoint: v128): v128 {
  const q = f32x4.pmin(f32x4.pmax(f32x4.div(v128.load(at), scale), low), high);
  return i32x4.add(f32x4.add(q, f32x4.splat(ROUND)), zeroPoint);
}

/** IN / scale, clipped to [low, high], rounded half to even, plus the zero point: bytes at OUT. */
export function quantize(count: i32, scale: f32, low: f32, high: f32, zeroPoint: i32): void {
  const s = f32x4.splat(scale);
  const l = f32x4.splat(low);
  const h = f32x4.splat(high);
  const z = i32x4.splat(zeroPoint);
  const end = OUT + <usize>count;
  for (let to = OUT, at = IN; to < end; to += 16, at += 64) {
    const a = code(at, s, l, h, z);
    const b = code(at + 16, s, l, h, z);
    const c = code(at + 32, s, l, h, z);
    const d = code(at + 48, s, l, h, z);
    v128.store(to, lowBytes(a, b, c, d));
  }
}

// @ts-expect-error: decorator
@inline
function columnCode(at: usize, c: usize, low: v128, high: v128): v128 {
  const quotient = f32x4.div(v128.load(at + c), v128.load(A + c));
  const q = f32x4.pmin(f32x4.pmax(quotient, f32x4.splat(-FAR)), f32x4.splat(FAR));
  const shifted = i32x4.sub(f32x4.add(q, f32x4.splat(ROUND)), i32x4.splat(ROUND_PATTERN));
  return i32x4.min_s(i32x4.max_s(i32x4.add(shifted, v128.load(B + c)), low), high);
}

/**
 * `rows` rows of `width` values of IN, with a scale (A) and an integer zero point (B) per column: bytes at OUT. A
 * row's last group of sixteen may read and write past its end; the next row overwrites that.
 */
export function quantizeColumns(rows: i32, width: i32, qmin: i32, qmax: i32): void {
  const l = i32x4.splat(qmin);
  const h = i32x4.splat(qmax);
  let at = IN;
  let to = OUT;
  for (let r = 0; r < rows; r++, at += (<usize>width) << 2, to += <usize>width) {
    for (let i: usize = 0; i < <usize>width; i += 16) {
      const c = i << 2;
      const w = columnCode(at, c, l, h);
      const x = columnCode(at, c + 16, l, h);
      const y = columnCode(at, c + 32, l, h);
      const z = columnCode(at, c + 48, l, h);
      v128.store(to + i, lowBytes(w, x, y, z));
    }
  }
}

/**
 * Columns of ROWS become runs of IN: `rows` rows of `width` values, each column going to `stride` values of IN. Both
 * are multiples of four.
 */
export function transpose(rows: i32, width: i32, stride: i32): void {
  const rowBytes = (<usize>width) << 2;
  const runBytes = (<usize>stride) << 2;
  for (let r: usize = 0; r < <usize>rows; r += 4) {
    let at = ROWS + r * rowBytes;
    let to = IN + (r << 2);
    for (const end = at + rowBytes; at < end; at += 16, to += runBytes << 2) {
      const a = v128.load(at);
      const b = v128.load(at + rowBytes);
      const c = v128.load(at + 2 * rowBytes);
      const d = v128.load(at + 3 * rowBytes);
      const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
      const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
      const AB = i32x4.shuffle(a, b, 2, 6, 3, 7);
      const CD = i32x4.shuffle(c, d, 2, 6, 3, 7);
      v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
      v128.store(to + runBytes, i64x2.shuffle(ab, cd, 1, 3));
      v128.store(to + 2 * runBytes, i64x2.shuffle(AB, CD, 0, 2));
      v128.store(to + 3 * runBytes, i64x2.shuffle(AB, CD, 1, 3));
    }
  }
}

/** Smallest and largest value of each block of IN, zero included and never -0: pairs at B. `size` weights each. */
export function blockExtremes(blocks: i32, size: i32): void {
  const bytes = (<usize>size) << 2;
  let at = IN;
  for (let b = 0, to = B; b < blocks; b++, to += 8) {
    let high = i32x4.splat(0);
    let low = high;
    // Magnitudes of floats order like the integers of their patterns.
    for (const end = at + bytes; at < end; at += 16) {
      const p = v128.load(at);
      high = i32x4.max_s(high, p);
      low = i32x4.max_s(low, v128.and(v128.and(p, i32x4.shr_s(p, 31)), i32x4.splat(0x7fffffff)));
    }
    high = i32x4.max_s(high, i32x4.shuffle(high, high, 2, 3, 0, 1));
    low = i32x4.max_s(low, i32x4.shuffle(low, low, 2, 3, 0, 1));
    high = i32x4.max_s(high, i32x4.shuffle(high, high, 1, 0, 3, 2));
    low = i32x4.max_s(low, i32x4.shuffle(low, low, 1, 0, 3, 2));
    const magnitude = i32x4.extract_lane(low, 0);
    store<i32>(to, magnitude == 0 ? 0 : magnitude | 0x80000000);
    store<i32>(to + 4, i32x4.extract_lane(high, 0));
  }
}

/** One code of a block, step by step in single precision: exactCode of src/numeric/block-rule.ts. */
// @ts-expect-error: decorator
@inline
function blockCode(at: usize, factor: v128, zeroPoint: v128, largest: v128, divide: bool, first: bool): v128 {
  const w = v128.load(at);
  let x = divide ? f32x4.div(w, factor) : f32x4.mul(w, factor);
  if (!first) x = f32x4.add(x, zeroPoint);
  if (divide) x = f32x4.nearest(x);
  else {
    const sign = v128.and(x, i32x4.splat(0x80000000));
    const magnitude = f32x4.abs(x);
    const whole = f32x4.floor(magnitude);
    const up = v128.and(f32x4.ge(f32x4.sub(magnitude, whole), f32x4.splat(0.5)), f32x4.splat(1));
    x = v128.or(f32x4.add(whole, up), sign);
  }
  if (first) x = f32x4.add(x, zeroPoint);
  return i32x4.trunc_sat_f32x4_s(f32x4.pmin(f32x4.pmax(f32x4.splat(0), x), largest));
}

// @ts-expect-error: decorator
@inline
function codes(blocks: i32, size: i32, bits: i32, packed: bool, divide: bool, first: bool): void {
  const bytes = (<usize>size) << 2;
  const largest = f32x4.splat(<f32>((1 << bits) - 1));
  let at = IN;
  let to = OUT;
  for (let b: usize = 0; b < <usize>blocks; b++) {
    const factor = v128.load32_splat(A + (b << 2));
    const zeroPoint = v128.load32_splat(B + (b << 2));
    for (const end = at + bytes; at < end; at += 64) {
      const sixteen = lowBytes(
        blockCode(at, factor, zeroPoint, largest, divide, first),
        blockCode(at + 16, factor, zeroPoint, largest, divide, first),
        blockCode(at + 32, factor, zeroPoint, largest, divide, first),
        blockCode(at + 48, factor, zeroPoint, largest, divide, first),
      );
      if (packed) {
        const pairs = v128.and(v128.or(sixteen, i16x8.shr_u(sixteen, 4)), i16x8.splat(255));
        v128.store64_lane(to, i8x16.narrow_i16x8_u(pairs, pairs), 0);
        to += 8;
      } else {
        v128.store(to, sixteen);
        to += 16;
      }
    }
  }
}

/**
 * Codes of the blocks of IN at OUT, one per byte or two if `packed`. Each block has a factor (A), what its weights are
 * divided or multiplied by, and a zero point (B), both floats; `first`: round first, then add the zero point.
 */
export function blockCodes(blocks: i32, size: i32, bits: i32, packed: bool, divide: bool, first: bool): void {
  if (divide) {
    if (first) codes(blocks, size, bits, packed, true, true);
    else codes(blocks, size, bits, packed, true, false);
  } else if (first) codes(blocks, size, bits, packed, false, true);
  else codes(blocks, size, bits, packed, false, false);
}
