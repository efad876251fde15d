/** Pooling. */
import { maxUnpool } from '../gradients/columns.ts';
import * as lp from '../gradients/lp-pool.ts';
import * as poolings from '../gradients/pool.ts';
import { roiAlign } from '../gradients/sampling.ts';
import type { OpSpec } from '../spec.ts';

const POOL = 'X[n c *t+k] -> Y[n c *t]';
const GLOBAL = 'X[n c !*s] -> Y[n c !*t]';
const FLOAT = { kind: 'float-only', reason: 'onnxruntime has no integer kernel for it' } as const;

export const pooling: readonly OpSpec[] = [
  {
    type: 'AveragePool',
    gradient: poolings.averagePool,
    axes: POOL,
    homogeneous: [[0]],
    quant: { kind: 'compute', weights: [], static: 'com.microsoft.QLinearAveragePool' },
    types: 'T -> T',
    bfloat16: 22,
  },
  {
    type: 'GlobalAveragePool',
    gradient: poolings.globalAveragePool,
    axes: GLOBAL,
    homogeneous: [[0]],
    quant: { kind: 'compute', weights: [], static: 'com.microsoft.QLinearGlobalAveragePool' },
    types: 'T -> T',
    bfloat16: 22,
  },
  {
    type: 'MaxPool',
    gradient: poolings.maxPool,
    axes: `${POOL}, I[n c *t]`,
    homogeneous: [[0]],
    quant: { kind: 'passthrough', integers: true },
    types: 'T -> T, int64?',
    bfloat16: 22,
  },
  {
    type: 'GlobalMaxPool',
    gradient: poolings.globalMaxPool,
    axes: GLOBAL,
    homogeneous: [[0]],
    quant: { kind: 'passthrough' },
    types: 'T -> T',
    bfloat16: 22,
  },
  {
    type: 'LpPool',
    gradient: { decompose: lp.lpPool },
    axes: POOL,
    homogeneous: [[0]],
    quant: FLOAT,
    types: 'T -> T',
    bfloat16: 22,
  },
  {
    type: 'GlobalLpPool',
    gradient: { decompose: lp.globalLpPool },
    axes: GLOBAL,
    homogeneous: [[0]],
    quant: FLOAT,
    types: 'T -> T',
    bfloat16: 22,
  },
  {
    type: 'MaxUnpool',
    gradient: maxUnpool,
    axes: 'X[n c !*s], I[n c !*s], _ -> Y[n c !*t]',
    quant: FLOAT,
    types: 'T1, int64, int64? -> T1',
    bfloat16: 22,
  },
  {
    type: 'MaxRoiPool',
    axes: 'X[!n c !*s], R[r !f] -> Y[r c !*t]',
    quant: FLOAT,
    types: 'T, T -> T',
    bfloat16: 22,
  },
  {
    type: 'RoiAlign',
    gradient: { decompose: roiAlign },
    tables: [1],
    axes: 'X[!n c !*s], R[r !f], I[r] -> Y[r c !*t]',
    quant: FLOAT,
    types: 'T1, T1, int64 -> T1',
    bfloat16: 22,
  },
  {
    type: 'com.microsoft.NhwcMaxPool',
    axes: 'X[n *t+k c] -> Y[n *t c]',
    quant: { kind: 'quantized' },
    types: 'T -> T',
  },
];
