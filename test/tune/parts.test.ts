/** What a search stands on: halves of data, shares of layers, recipes that are written and read. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openDataset, parseDataSpec } from '../../src/data/open.ts';
import { partOf } from '../../src/data/part.ts';
import type { Sensitivity } from '../../src/probe/sensitivity/rank.ts';
import { bestWithin, costsOf } from '../../src/quantize/sensitivity/cost.ts';
import { planRecipe } from '../../src/recipe/plan.ts';
import { recipeText } from '../../src/recipe/write.ts';
import { parseDuration, parseLoss } from '../../src/tune/amounts.ts';
import { Folder } from '../support/folder.ts';
import { npz } from '../support/npz.ts';
import { parseModel } from '../support/parse.ts';

const folder = new Folder('tune');
const ROWS = 21;
writeFileSync(
  folder.at('rows.npz'),
  npz({ x: { dtype: 'float32', dims: [ROWS, 1], data: Float32Array.from({ length: ROWS }, (_, at) => at) } }),
);

async function rowsOf(text: string): Promise<number[]> {
  const found: number[] = [];
  const dataset = await openDataset(parseDataSpec(text));
  for await (const { inputs } of dataset?.batches({ size: 4 }) ?? [])
    found.push(...Array.from(inputs['x']?.data as Float32Array));
  return found;
}

describe('halves of data', () => {
  it.each(['', '?shuffle=3', '?skip=4', '?limit=11', '?split=0.2:0.9', '?shuffle=1&skip=2&limit=9'])(
    'of rows.npz%s share no row and are all of them',
    async (query) => {
      const text = `${folder.at('rows.npz')}${query}`;
      const [low, high] = [await partOf(text, 0, 0.5), await partOf(text, 0.5, 1)];
      const [a, b] = [await rowsOf(low?.spec ?? ''), await rowsOf(high?.spec ?? '')];
      expect([a.length, b.length]).toEqual([low?.rows, high?.rows]);
      expect([...a, ...b].sort((x, y) => x - y)).toEqual((await rowsOf(text)).sort((x, y) => x - y));
    },
  );
});

describe('mixed precision by worth', () => {
  const model = parseModel(`<ir_version: 8, opset_import: ["": 17]> g
    (float[1,8] x, float[8,8] a, float[8,4] b, float[4,2] c) => (float[1,2] y)
    <float[1,8] p, float[1,4] q> { p = MatMul(x, a) q = MatMul(p, b) y = MatMul(q, c) }`);

  it('costs sum to one, a share is never overspent, and small layers come first where damage is equal', () => {
    const layers = [...model.graph].map((node) => ({ node, standIns: [] }));
    const costs = costsOf(layers);
    expect([...costs.values()].reduce((sum, cost) => sum + cost, 0)).toBeCloseTo(1);
    const ranked = layers.map(
      (layer): Sensitivity => ({ layer, noise: 1, agreement: null, divergence: null, maxAbsError: 0 }),
    );
    for (const share of [0, 0.2, 0.5, 0.9, 1]) {
      const chosen = bestWithin(ranked, costs, share);
      const spent = chosen.reduce((sum, { layer }) => sum + (costs.get(layer) ?? 0), 0);
      expect(spent).toBeLessThanOrEqual(share + 1e-9);
    }
    expect(bestWithin(ranked, costs, 1)).toHaveLength(layers.length);
  });
});

describe('amounts', () => {
  it('are read as people write them', () => {
    expect(parseLoss('1%', '--max-drop')).toBeCloseTo(0.01);
    expect(parseLoss('0.02', '--max-drop')).toBeCloseTo(0.02);
    expect(() => parseLoss('150%', '--max-drop')).toThrow(/no loss/);
    expect([
      parseDuration('90s', ''),
      parseDuration('10m', ''),
      parseDuration('2h', ''),
      parseDuration('3', ''),
    ]).toEqual([90_000, 600_000, 7_200_000, 3000]);
    expect(() => parseDuration('soon', '--time')).toThrow(/no duration/);
  });
});

it('a recipe that is written is read back as what it was', () => {
  folder.save(
    'model.onnx',
    parseModel('<ir_version: 8, opset_import: ["": 17]> g (float[1,2] x) => (float[1,2] y) { y = Relu(x) }'),
  );
  const steps = [
    { step: 'prune', given: { structure: 'channels', sparsity: '0.3', check: 'load' } },
    { step: 'quantize', given: { scheme: 'int8', exclude: ['a b', 'c'], floatShare: '0.15', check: 'load' } },
  ];
  const path = folder.at('written.yaml');
  const spec = `npz:${folder.at('rows.npz')}?limit=5`;
  writeFileSync(
    path,
    recipeText(path, {
      comment: ['why'],
      model: folder.at('model.onnx'),
      output: folder.at('out.onnx'),
      data: { eval: spec },
      steps,
      require: ['size.ratio <= 0.5'],
      seed: 7,
    }),
  );
  const plan = planRecipe(path, { set: new Map(), model: null, output: null });
  expect(plan.outputs[0]?.steps.map(({ step, given }) => ({ step: step.name, given }))).toEqual(steps);
  expect(plan).toMatchObject({ seed: 7, model: folder.at('model.onnx'), data: { eval: spec } });
  expect(plan.outputs[0]?.path).toBe(folder.at('out.onnx'));
});
