import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ElementType, parseElementTypes } from '../../src/ops/element-types.ts';
import { parseSignature } from '../../src/ops/signature.ts';
import type { OpSpec } from '../../src/ops/spec.ts';
import { families, operators } from '../../src/ops/table.ts';
import { readSchemas, type Schema } from './schemas.ts';

const FOLDER = new URL('../../src/ops/families/', import.meta.url);
const schemas = readSchemas();

/** What models of the public corpus and the topologies of the ONNX zoo are made of. */
const IN_USE =
  'Add And AveragePool BatchNormalization Cast CastLike Clip Concat ConcatFromSequence Constant ConstantOfShape Conv ' +
  'ConvTranspose Div Dropout Equal Erf Expand Flatten GRU Gather GatherND Gelu Gemm GlobalAveragePool GreaterOrEqual ' +
  'HardSigmoid HardSwish Identity If IsNaN LRN LSTM LayerNormalization Log Loop MatMul Max MaxPool Mul Neg Not Pad Pow ' +
  'Range ReduceMean Relu Reshape Resize SequenceEmpty SequenceInsert Shape Sigmoid Size Slice Softmax Split Sqrt ' +
  'Squeeze Sub Sum Tanh Transpose Unsqueeze Where';

function newest(spec: OpSpec): Schema {
  const versions = schemas.get(spec.type);
  const last = versions?.at(-1);
  if (!last) throw new Error(`no schema of ${spec.type}`);
  return last;
}

describe('the table of operators', () => {
  it('lists every family', async () => {
    const files = readdirSync(FOLDER).sort();
    const found = await Promise.all(
      files.map(async (file) =>
        Object.values((await import(new URL(file, FOLDER).href)) as Record<string, unknown>),
      ),
    );
    expect(found.flat()).toEqual(families);
  });

  it('has each operator once, in order', () => {
    const types = operators.map((spec) => spec.type);
    const sorted = [...new Set(types)].sort((a, b) => (a < b ? -1 : 1));
    const named = (type: string) => type.includes('.');
    expect(types).toEqual([...sorted.filter((type) => !named(type)), ...sorted.filter(named)]);
  });

  it('names operators that exist', () => {
    expect(operators.filter((spec) => !schemas.has(spec.type)).map((spec) => spec.type)).toEqual([]);
  });

  it('knows the operators that models use', () => {
    const known = new Set(operators.map((spec) => spec.type));
    expect(IN_USE.split(' ').filter((type) => !known.has(type))).toEqual([]);
    expect(known.size).toBeGreaterThan(250);
  });

  it('knows all of ai.onnx but what models no longer use', () => {
    const known = new Set(operators.map((spec) => spec.type));
    const unknown = [...schemas.keys()].filter((type) => !type.includes('.') && !known.has(type));
    expect(unknown.filter((type) => !/_TRT$|^Memcpy/.test(type)).sort()).toEqual([
      'Affine',
      'CausalConvWithState',
      'Crop',
      'DynamicSlice',
      'GRUUnit',
      'GivenTensorFill',
      'ImageScaler',
      'ParametricSoftplus',
      'Scale',
      'ScaledTanh',
    ]);
  });
});

describe.for(operators.map((spec): [string, OpSpec] => [spec.type, spec]))('%s', ([, spec]) => {
  it('has a signature no longer than its parameters', () => {
    if (typeof spec.axes !== 'string') return;
    const { inputs, outputs } = parseSignature(spec.axes);
    const schema = newest(spec);
    if (!schema.inputs.at(-1)?.variadic) expect(inputs.length).toBeLessThanOrEqual(schema.inputs.length);
    expect(outputs.length).toBeLessThanOrEqual(schema.outputs.length);
  });

  it('points at inputs that exist', () => {
    const { quant } = spec;
    const count = newest(spec).inputs.some((input) => input.variadic) ? Infinity : newest(spec).inputs.length;
    const named = quant?.kind === 'compute' || quant?.kind === 'lookup' ? quant.weights : [];
    expect(named.filter((input) => input >= count)).toEqual([]);
    expect(quant).toBeDefined();
  });

  it('names kernels that exist', () => {
    if (spec.quant?.kind !== 'compute' && spec.quant?.kind !== 'lookup') return;
    const { blocked, ...rest } = spec.quant;
    const kernels = [
      blocked,
      ...('dynamic' in rest ? [rest.dynamic] : []),
      ...('static' in rest ? [rest.static] : []),
    ];
    for (const kernel of kernels) if (kernel) expect(schemas.has(kernel)).toBe(true);
  });

  it('has the element types of its schema', () => {
    const types = parseElementTypes(spec.types ?? '');
    const schema = newest(spec);
    expect(types.inputs).toHaveLength(schema.inputs.length);
    expect(types.outputs).toHaveLength(schema.outputs.length);
    for (const [side, parameters] of [
      [types.inputs, schema.inputs],
      [types.outputs, schema.outputs],
    ] as const)
      for (const [index, type] of side.entries()) {
        const allowed = parameters[index]?.types ?? new Set();
        if (type.kind === 'fixed') expect(allowed).toContain(letter(type));
        // Every float that may be halved is a variable, so that conversion finds it.
        if (type.kind === 'fixed' && type.dtype === 'float32' && side === types.inputs)
          expect(ALSO_HALF.has(`${spec.type} ${index}`) || !allowed.has('h')).toBe(true);
      }
  });
});

/** Floats that could be float16 but need not be: regions of interest. */
const ALSO_HALF = new Set(['Resize 1']);

function letter(type: Extract<ElementType, { kind: 'fixed' }>): string {
  if (type.dtype === 'float32') return 'f';
  if (type.dtype === 'bool') return 'q';
  return type.dtype === 'string' ? 's' : /^u?int/.test(type.dtype) ? 'i' : '?';
}
