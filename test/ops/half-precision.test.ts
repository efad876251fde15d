import { describe, expect, it } from 'vitest';
import { type ElementType, parseElementTypes } from '../../src/ops/element-types.ts';
import { halfRefusal, runsBfloat16OnCpu } from '../../src/ops/half-precision.ts';
import { operators } from '../../src/ops/table.ts';
import { type Parameter, readSchemas } from './schemas.ts';
import { nodeOf } from './support.ts';

const schemas = readSchemas();
const LETTERS = { float16: 'h', bfloat16: 'b' } as const;

interface Version {
  readonly since: number;
  /** Types admitted for each parameter that carries float data. */
  readonly data: readonly ReadonlySet<string>[];
}

/** Versions of an operator that have float data at all, oldest first. */
function versionsWithFloats(type: string, types: string): readonly Version[] {
  const { inputs, outputs } = parseElementTypes(types);
  return (schemas.get(type) ?? [])
    .map(({ since, ...schema }) => ({
      since,
      data: [...floatData(inputs, schema.inputs), ...floatData(outputs, schema.outputs)],
    }))
    .filter(({ data }) => data.length > 0);
}

function floatData(types: readonly ElementType[], parameters: readonly Parameter[]): ReadonlySet<string>[] {
  return parameters.flatMap(({ types: admitted }, index) =>
    types[Math.min(index, types.length - 1)]?.kind === 'variable' && admitted.has('f') ? [admitted] : [],
  );
}

const withFloats = operators.flatMap(({ type, types }) => {
  const versions = versionsWithFloats(type, types ?? '');
  return versions.length > 0 ? [[type, versions] as const] : [];
});

describe.for(['float16', 'bfloat16'] as const)('%s', (dtype) => {
  it.for(withFloats)('%s is admitted from the opset its schema says', ([type, versions]) => {
    const refusing = versions.findLastIndex(({ data }) => !data.every((types) => types.has(LETTERS[dtype])));
    const node = nodeOf(type, { inputs: [[2]] });
    const admitted = versions.map(({ since }) => [since, halfRefusal(node, since, dtype) === null]);
    expect(admitted).toEqual(versions.map(({ since }, index) => [since, index > refusing]));
  });
});

describe('halfRefusal', () => {
  it('says from which opset on', () => {
    expect(halfRefusal(nodeOf('Conv', { inputs: [[2]] }), 17, 'bfloat16')).toMatch(
      /from opset 22 on, the model has 17/,
    );
  });

  it('says when there is no such form, or nothing is known', () => {
    expect(halfRefusal(nodeOf('ai.onnx.ml.Scaler', { inputs: [[2]] }), 1, 'float16')).toMatch(
      /no float16 form/,
    );
    expect(halfRefusal(nodeOf('custom.Op', { inputs: [[2]] }), 1, 'float16')).toMatch(
      /nothing is known of custom.Op/,
    );
  });
});

describe('runsBfloat16OnCpu', () => {
  it('is true where values are moved, false where they are computed', () => {
    const runs = (type: string) => runsBfloat16OnCpu(nodeOf(type, { inputs: [[2]] }));
    expect(['Gather', 'Transpose', 'Concat', 'Reshape'].map(runs)).toEqual([true, true, true, true]);
    expect(['MatMul', 'Add', 'Conv', 'Softmax', 'custom.Op'].map(runs)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
