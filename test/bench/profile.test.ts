/** Kernel times: medians of nodes added up by operator, before beside after. */
import { describe, expect, it } from 'vitest';
import { bench } from '../../src/bench/bench.ts';
import { compareOperators, operatorTimes } from '../../src/bench/profile.ts';
import type { Subject } from '../../src/bench/subject.ts';
import { operatorLines, slowerOperators } from '../../src/report/operator-table.ts';
import { reportSchema } from '../../src/report/schema.ts';
import { silentContext } from '../../src/step.ts';
import { FIXTURES } from '../support/fixtures.ts';

const kernel = (node: string, op: string, dur: number) => {
  return { cat: 'Node', name: `${node}_kernel_time`, dur, args: { op_name: op } };
};

describe('operator times', () => {
  it('are the medians of the nodes, added up', () => {
    const found = operatorTimes([
      { cat: 'Session', name: 'model_run', dur: 9e9 },
      { cat: 'Node', name: 'a_fence_before', dur: 9e9, args: { op_name: 'MatMul' } },
      ...[90_000, 1000, 1200].map((dur) => kernel('a', 'MatMul', dur)),
      ...[3000, 3000, 3000].map((dur) => kernel('b', 'MatMul', dur)),
      kernel('c', 'Add', 500),
    ]);
    expect([...found]).toEqual([
      ['MatMul', 4.2],
      ['Add', 0.5],
    ]);
  });

  it('stand before beside after, the dearest first, with those that got slower named', () => {
    const [before, after] = [
      new Map([
        ['MatMul', 4],
        ['Add', 1],
        ['Relu', 0.5],
      ]),
      new Map([
        ['Add', 2],
        ['MatMulInteger', 1.5],
        ['Relu', 0.5],
      ]),
    ];
    const subjects = [{ name: 'a' }, { name: 'b' }] as Subject[];
    const operators = compareOperators(subjects, [before, after]);
    expect(operators.map(({ op, beforeMs, afterMs }) => [op, beforeMs, afterMs])).toEqual([
      ['MatMul', 4, null],
      ['Add', 1, 2],
      ['MatMulInteger', null, 1.5],
      ['Relu', 0.5, 0.5],
    ]);
    expect(slowerOperators(operators)).toEqual(['slower than before: Add', 'new: MatMulInteger']);
  });

  it('of a model are measured and shown', async () => {
    const { operators } = await bench(
      [`${FIXTURES}/rnn-lstm.onnx`],
      { profile: true, memory: false, gzip: false, runs: 3 },
      silentContext({ threads: 1 }),
    );
    expect(operators?.[0]?.beforeMs).toBeGreaterThan(0);
    const report = reportSchema.parse({
      version: 1,
      tool: { name: 'llmc', version: '0' },
      command: 'bench',
      environment: {
        cpu: 'x',
        instructionSets: [],
        cores: 1,
        threads: null,
        memoryBytes: 1,
        platform: 'x',
        node: 'x',
        onnxruntime: 'x',
        provider: 'cpu',
      },
      operators,
    });
    expect(operatorLines(report)[1]).toMatch(/^operator +time$/);
  });
});
