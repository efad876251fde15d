import { expect, it } from 'vitest';
import { operatorsMarkdown } from '../../src/ops/reference.ts';
import { operators } from '../../src/ops/table.ts';
import { llmc } from './harness.ts';

it('lists every operator with what can be done to it', async () => {
  const { code, stdout } = await llmc(['ops'], { columns: 120 });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^MatMul +yes +yes +yes +int8 with ranges at run time as MatMulInteger/m);
  expect(stdout).toMatch(/^LayerNormalization +no +yes +yes +normalization statistics need float/m);
  expect(stdout).toContain('\ncom.microsoft\n');
  expect(stdout.split('\n').every((line) => line.length <= 120)).toBe(true);
});

it('says the same to a script', async () => {
  const { stdout } = await llmc(['ops', '--json']);
  const document = JSON.parse(stdout) as { operators: { type: string }[] };
  expect(document.operators).toHaveLength(operators.length);
  expect(document.operators.find(({ type }) => type === 'Conv')).toEqual({
    type: 'Conv',
    quantize: { can: true, how: expect.stringContaining('ConvInteger') as string },
    prune: { can: true, how: expect.stringContaining('X[n (g i) *t+k]') as string },
    differentiate: { can: true, how: 'by a rule' },
    float16: 1,
    bfloat16: 22,
    axes: 'X[n (g i) *t+k], W[(g o) i *k], B[(g o)] -> Y[n (g o) *t] | g=group:1',
    elementTypes: 'T, T, T? -> T',
  });
});

it('makes a page with a row for each operator and cells that stay cells', () => {
  const rows = operatorsMarkdown()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows).toHaveLength(operators.length);
  expect(new Set(rows.map((row) => row.replaceAll('\\|', '').split('|').length))).toEqual(new Set([9]));
});
