import { describe, expect, it } from 'vitest';
import { environmentSchema } from '../../src/report/schema.ts';
import { environment, fromCpuinfo, relevantSets } from '../../src/runtime/environment.ts';
import { int8Profile } from '../../src/runtime/int8-profile.ts';

describe('the environment', () => {
  it('is a complete record of this machine', async () => {
    const record = await environment(2);
    expect(environmentSchema.parse(record)).toEqual(record);
    expect(record).toMatchObject({ threads: 2, node: process.versions.node, provider: 'cpu' });
    expect(record.onnxruntime).toMatch(/^\d+\.\d+\.\d+/);
    expect((await environment()).threads).toBeNull();
  });

  it('reads x86 and ARM descriptions', () => {
    const x86 =
      'processor\t: 0\nmodel name\t: AMD EPYC 7B13\nflags\t\t: fpu avx2 avx512_vnni fma\n\nprocessor\t: 1\nflags\t\t: fpu\n';
    expect(fromCpuinfo(x86)).toEqual({
      model: 'AMD EPYC 7B13',
      flags: ['fpu', 'avx2', 'avx512_vnni', 'fma'],
    });
    const arm = 'processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd asimddp i8mm\n';
    expect(fromCpuinfo(arm, 'Neoverse-N1')).toEqual({
      model: 'Neoverse-N1',
      flags: ['fp', 'asimd', 'asimddp', 'i8mm'],
    });
    expect(fromCpuinfo('', '').model).toBe(process.arch);
  });

  it('uses one spelling for every operating system', () => {
    expect(relevantSets(['AVX2', 'AVX512VNNI', 'sse', 'FEAT_DotProd', 'constructor', 'avx2'])).toEqual([
      'asimddp',
      'avx2',
      'avx512_vnni',
    ]);
  });
});

describe('the int8 profile', () => {
  it.each([
    ['linux-x64', ['avx2', 'avx512f', 'avx512bw', 'avx512_vnni'], 'vnni', false],
    ['linux-x64', ['avx2', 'avx_vnni'], 'vnni', false],
    ['linux-x64', ['avx2', 'avx512bw', 'avx512f'], 'avx512', true],
    ['linux-x64', ['avx', 'avx2'], 'avx2', true],
    ['linux-x64', ['avx'], 'other', true],
    ['darwin-arm64', ['asimd', 'asimddp', 'i8mm'], 'i8mm', false],
    ['linux-arm64', ['asimd', 'asimddp'], 'dotprod', false],
    ['linux-arm64', ['asimd'], 'other', false],
    ['linux-s390x', ['vx'], 'other', false],
  ])('of %s with %j', (platform, instructionSets, unit, saturates) => {
    expect(int8Profile({ platform, instructionSets })).toEqual({ unit, saturates, certain: true });
  });

  it('is a guess where instruction sets are unknown', () => {
    expect(int8Profile({ platform: 'win32-x64', instructionSets: [] })).toEqual({
      unit: 'avx2',
      saturates: true,
      certain: false,
    });
  });
});
