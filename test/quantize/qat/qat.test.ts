/** Quantization-aware training: codes change, everything else stays, and the result is closer to the float model. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Node } from '../../../src/ir/node.ts';
import { openModel } from '../../../src/onnx/read.ts';
import { codesAt, floatsAt, gridOf } from '../../../src/quantize/qat/grid.ts';
import { llmc } from '../../cli/harness.ts';
import { Folder } from '../../support/folder.ts';
import { parseModel } from '../../support/parse.ts';

const folder = new Folder('qat');
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/training/${name}`, import.meta.url));

describe('grids', () => {
  const cases = {
    'one scale': 'int8[2,3] q = {-128, -1, 0, 1, 2, 127}, float s = {0.1}, int8 z = {3}',
    'no zero point': 'int32[3] q = {-70000, 0, 900000}, float s = {0.001}',
    'by channel':
      'uint8[2,3] q = {0, 1, 2, 100, 200, 255}, float[3] s = {0.1, 0.2, 0.3}, uint8[3] z = {128, 0, 7}',
    'in blocks':
      'int4[2,4] q = {-8, -7, 0, 1, 2, 7, 3, -3}, float[2,2] s = {0.1, 0.2, 0.3, 0.4}, int4[2,2] z = {0, 1, -1, 2}',
  };
  for (const [what, tensors] of Object.entries(cases))
    it(`${what}: floats of codes are these codes again`, () => {
      const zero = tensors.includes(' z ') ? ', z' : '';
      const attributes = what === 'in blocks' ? '<axis=1, block_size=2>' : '';
      const { graph } = parseModel(
        `<ir_version: 10, opset_import: ["": 21]> g (float x) => (float y) <${tensors}> { y = DequantizeLinear${attributes}(q, s${zero}) }`,
      );
      const [node] = graph.nodes as [Node];
      const codes = node.constant(0);
      const grid = gridOf(node);
      if (!codes || !grid) throw new Error('no grid');
      const floats = floatsAt(grid, codes);
      expect(codesAt(grid, floats).bytes()).toEqual(codes.bytes());
      // Anything nearer than half a step is the same code.
      const moved = floats.map((value, at) => value + 0.4 * (grid.scales[grid.scaleAt(at)] as number));
      const [least, most] = grid.used;
      expect(Array.from(codesAt(grid, moved).bytes())).toEqual(Array.from(codes.bytes()));
      expect(least).toBeLessThan(most);
    });
});

describe('quantize --qat', () => {
  it('moves codes and nothing else, towards the float model', async () => {
    const model = fixture('cnn.onnx');
    const options = [
      '--scheme',
      'int8',
      '--per-tensor',
      '--reduce-range',
      '--data',
      fixture('cnn.npz'),
      '--json',
    ];
    const train = [
      '--qat',
      '--epochs',
      '6',
      '--batch',
      '16',
      '--lr',
      '3e-3',
      '--temperature',
      '1',
      '--alpha',
      '1',
    ];
    const [plain, trained] = [join(folder.path, 'plain.onnx'), join(folder.path, 'trained.onnx')];
    const before = await llmc(['quantize', model, ...options, '-o', plain]);
    const after = await llmc(['quantize', model, ...options, ...train, '-o', trained]);
    expect([before.code, after.code]).toEqual([0, 0]);
    const step = JSON.parse(after.stdout).steps[0];
    expect(step.curve.length).toBe(72);
    const mean = (from: number) =>
      step.curve.slice(from, from + 12).reduce((sum: number, { loss }: { loss: number }) => sum + loss, 0);
    expect(mean(60)).toBeLessThan(mean(0));
    const [one, two] = [openModel(plain).model.graph, openModel(trained).model.graph];
    const shape = (nodes: readonly Node[]) => nodes.map(({ opType }) => opType).sort();
    expect(shape(two.nodes)).toEqual(shape(one.nodes));
    const codes = (graph: typeof one) =>
      new Map(
        graph.nodes.flatMap((node) => {
          const grid = node.op === 'DequantizeLinear' ? gridOf(node) : null;
          return grid ? [[node.output()?.name, { scales: Array.from(grid.scales), dtype: grid.dtype }]] : [];
        }),
      );
    expect([...codes(two).values()].map(({ scales }) => scales.join()).sort()).toEqual(
      [...codes(one).values()].map(({ scales }) => scales.join()).sort(),
    );
  });

  const refusals: readonly [string, readonly string[], RegExp][] = [
    [
      'a scheme without codes to train',
      ['--scheme', 'int8-dynamic', '--data', fixture('cnn.npz'), '--qat'],
      /error UNSUPPORTED: .*DequantizeLinear/,
    ],
    ['training without data', ['--scheme', 'int8-weights', '--qat'], /error USAGE: --qat trains on data/],
    ['epochs of nothing', ['--scheme', 'int8-weights', '--epochs', '2'], /error USAGE: .*--qat/],
  ];
  for (const [what, options, message] of refusals)
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await llmc([
        'quantize',
        fixture('cnn.onnx'),
        ...options,
        '-o',
        join(folder.path, 'no.onnx'),
      ]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    });
});
