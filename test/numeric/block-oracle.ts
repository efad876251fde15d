/**
 * What onnxruntime 1.30's Python tools give for one weight: `DefaultWeightOnlyQuantizer.qbits_block_quant` (QOperator
 * for matmul, QDQ for linear-columns) of the weight below, and `quantize_ndarray` (axis 1) of its transpose for
 * linear-rows; block size 16. Codes past the end of a run, which it leaves unspecified, are cut out.
 */
export const LENGTH = 40;
export const COLUMNS = 3;

/** [40, 3]: numpy `((i * 37) % 101 - 30).astype('f4') * float32(0.013)`, one block of column 1 zeroed. */
export const WEIGHT = Float32Array.from({ length: LENGTH * COLUMNS }, (_, i) => {
  const row = Math.floor(i / COLUMNS);
  return i % COLUMNS === 1 && row >= 16 && row < 32 ? 0 : (((i * 37) % 101) - 30) * Math.fround(0.013);
});

type Row = readonly [
  form: 'matmul' | 'linear-columns' | 'linear-rows',
  bits: 2 | 4 | 8,
  symmetric: boolean,
  codes: string,
  scales: string,
  zeroPoints: string | null,
];

/** Bytes in hexadecimal; scales are little-endian float32. */
// biome-ignore format: one row, one line
export const ORACLE: readonly Row[] = [
  ['matmul', 2, true, 'af56c16a15ac56c16a0556c1aa15aaaaaaaa15bcc1ab15bc5ac1ab15bc5a', 'c3f5e8becba1e5be2db2bdbedbf9debe00000080f4fdd4bef4fdd4be0456cebe0d02cbbe', null],
  ['matmul', 2, false, '50a93f95fa53a93f94fea93f95fa00000000ea433e54ea43a53e54ea43a5', 'dfdddd3e091ecc3e814e9b3e0fe6c93e0000000010e6c93e0b1ecc3e0fe6c93e10e6c93e', '959195'],
  ['matmul', 4, true, 'ab89673512a089673512b089674512b08a673401674512b08a67451388888888888888884513b09a13b09a684513c09a684513c09a784513c09b7845', 'c3f5e8bdcba1e5bd2db2bdbddbf9debd00000080f4fdd4bdf4fdd4bd0456cebd0d02cbbd', null],
  ['matmul', 4, false, '215487baed2f5386a9ec0f4275a9dc0f2075b9fd75a8dc0f3275a8dc0000000000000000a8db0f31ec1f4275a9ec0f4275a9ec0f4275a8dc0f3275a8', '4c7eb13d3b4ba33d9c7d783dd984a13d00000000da84a13d3c4ba33dd984a13dda84a13d', '458304845585'],
  ['matmul', 8, true, 'b7a592806e5b4937251200a69482705d4a38251300a99684715f4c3a271402ab9d87705a432d160073604c39261300ae9b8875614e3b281580808080808080808080808080808080503c281400b6a28e281400b6a28e7a66523e2a1602b8a4907c67533e291500bca7937e6955402b1700bfaa95806b5641', 'c3f5e8bbcba1e5bb2db2bdbbdbf9debb00000080f4fdd4bbf4fdd4bb0456cebb0d02cbbb', null],
  ['matmul', 8, false, '011a344d67809ab3cde6ff17314a647d90acc8e4ff031f3a56728ea9c5e1fc000024496d91b6daff57738fabc7e3ff001c3854708ca8c4e0000000000000000000000000000000008fabc7e3ff001c38c8e4ff031f3b56728ea9c5e1fd001c3857738fabc7e3ff001c3854708ca8c4e0ff001c3854708ca8', '740da73b37b0993ba2df693b9004983b000000009104983b38b0993b9004983b9104983b', '4d402f43004c4e5154'],
  ['linear-columns', 4, true, 'f32a9ed1083cafe2198db0e32a9dc0f82b9ed1084cbfe2190db0e00a9dc0083b900108400fe2100dc0f00a9dc0083b90d2084cafe3198cb0f3298dc1', 'c3f5e8bddbf9debdf4fdd4bdcba1e5bd000000800456cebd2db2bdbdf4fdd4bd0d02cbbd', null],
  ['linear-rows', 4, true, '2301efbd9a2801efbd9a3801efcd9a3802efbc89efcd9a3802efcd9b0000000000000000cd9a38129a3812e0cd9b4812e0cd9b4812f0cd9b4813f0cd', 'c3f5e8bdcba1e5bd2db2bdbddbf9debd00000080f4fdd4bdf4fdd4bd0456cebd0d02cbbd', null],
  ['linear-columns', 4, false, '502ce7845f1ac6824dfab5702de9a35f2ce7835f0ac6824d09a5700ce9a00f0ce0024f0005724009a5700cd8a00f0cd0802f0ab5723df9b5701df8a3', '4c7eb13dd984a13d3c4ba33d3b4ba33d00000000d984a13d9c7d783dda84a13dda84a13d', '4545504305'],
  ['linear-rows', 4, false, '104276a8dc1e4275a9ec0f4275a9dc0f2074b9fd75a8dc0f3275a8dc8888888888888888a8db0f31ec1f4275a9ec0f4275a9ec0f4275a8dc0f3275a8', '4c7eb13d3b4ba33d9c7d783dd984a13d00000000da84a13d3c4ba33dd984a13dda84a13d', '4443485505'],
];
