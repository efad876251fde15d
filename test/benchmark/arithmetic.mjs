/** How fast this machine quantizes weights that are in memory already: what no reader and writer can do without. */

import { Tensor } from '../../dist/ir/tensor.js';
import { quantizeColumns } from '../../dist/numeric/block-matmul.js';
import { encodeHalf } from '../../dist/numeric/half.js';
import { quantizeWeight } from '../../dist/quantize/weight.js';
import { normal } from '../../dist/random.js';

const ROWS = 2048;
const COLUMNS = 5632;

const next = normal(0);
const values = Float32Array.from({ length: ROWS * COLUMNS }, () => 0.02 * next());

const SCHEMES = {
  int4: () => quantizeColumns(values, ROWS, COLUMNS, { bits: 4, blockSize: 32, symmetric: true }),
  'int8-dynamic': () => {
    const weight = Tensor.of('float32', [ROWS, COLUMNS], values);
    quantizeWeight(weight, {
      type: 'uint8',
      symmetric: true,
      moved: true,
      reduceRange: false,
      axis: 1,
    }).codes.bytes();
  },
  fp16: () => encodeHalf(values, new Uint16Array(values.length)),
};

// Run as a program: prints bytes of float32 per millisecond, the best of a few.
const work = SCHEMES[process.argv[2]];
let best = Number.POSITIVE_INFINITY;
for (let i = 0; i < 6; i++) {
  const start = performance.now();
  work();
  best = Math.min(best, performance.now() - start);
}
console.log(values.byteLength / best);
