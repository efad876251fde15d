/** Matrices in blocks of a few bits as floats that are rounded on the way, and the kernels that read blocks again. */
import { int, ints } from '../../ir/attribute.ts';
import { floatsOf } from '../../ir/floats.ts';
import { Formula } from '../../ir/formula.ts';
import type { Model } from '../../ir/model.ts';
import { Node } from '../../ir/node.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { packCodes } from '../../numeric/packing.ts';
import { takeOutputs } from '../emit.ts';
import type { Fake, Span } from './fake.ts';
import { codesAt, floatsAt, type Grid, spanOf } from './grid.ts';
import type { LearnedScales } from './learned-scales.ts';
import { codesOf, type StoredMatrix, storedMatrix } from './stored-matrix.ts';

/** A matrix that is trained as floats, a row of them for each block. */
interface Trained {
  readonly stored: StoredMatrix;
  readonly grid: Grid;
  readonly floats: Value;
  readonly scale: Value;
  /** [outputs, inputs], rounded */
  readonly matrix: Value;
}

/** A node that read blocks, as it was. */
interface Kernel {
  readonly node: Node;
  readonly inputs: readonly (Value | null)[];
  readonly output: Value;
  readonly trained: Trained;
}

export class FakeBlocks implements Fake {
  readonly spans = new Map<Value, Span>();
  readonly #kernels: Kernel[] = [];
  readonly #matrices = new Map<string, Trained>();

  get trained(): readonly string[] {
    return [...this.#matrices.values()].map(({ floats }) => floats.name);
  }

  dress(model: Model): void {
    for (const node of model.graph.nodes) {
      const stored = storedMatrix(node);
      if (!stored) continue;
      // Tied matrices stay tied: one set of codes, one set of floats.
      const key = `${stored.codes.name}:${stored.scales.name}`;
      const trained = this.#matrices.get(key) ?? this.#loosen(stored, node);
      this.#matrices.set(key, trained);
      const inputs = [...node.inputs];
      const [output] = takeOutputs(node);
      if (!output) continue;
      expanded(new Formula(model.graph, { before: node }), node, trained.matrix, output);
      model.graph.remove(node);
      this.#kernels.push({ node, inputs, output, trained });
    }
  }

  undress({ graph }: Model, scales: LearnedScales): void {
    const parts = new Map([...this.#matrices.values()].map((each) => [each, packed(each, scales)]));
    for (const { node, inputs, output, trained } of this.#kernels) {
      const old = trained.stored;
      const made = parts.get(trained);
      if (output.producer) graph.remove(output.producer);
      // Codes may be read through a node that only reshapes them.
      const reshaped = inputs.find((input) => input?.producer?.input(0) === old.codes)?.producer;
      if (made && reshaped) reshaped.setInput(0, made.codes);
      const replaced = (value: Value | null) =>
        value === old.codes ? made?.codes : value === old.scales ? made?.scales : value;
      graph.prepend(
        new Node({
          ...{
            op: node.op,
            domain: node.domain,
            name: node.name,
            attributes: node.attributes,
            rest: node.rest ?? undefined,
          },
          inputs: inputs.map((value) => replaced(value) ?? null),
          outputs: [output],
        }),
      );
    }
  }

  /** Floats in the place of codes, with the pair that rounds them: a row, and so a scale, for each block. */
  #loosen(stored: StoredMatrix, before: Node): Trained {
    const { inputs, outputs, bits, blockSize, codes, scales } = stored;
    const { graph } = codes;
    const blocks = Math.ceil(inputs / blockSize);
    const rows = outputs * blocks;
    const { codes: loose, points } = codesOf(stored);
    const most = 2 ** bits - 1;
    const grid: Grid = {
      dtype: 'uint8',
      dims: [rows, blockSize],
      scales: floatsOf(scales.tensor as Tensor),
      zeroPoints: points,
      scaleAt: (element) => Math.floor(element / blockSize),
      used: [0, most],
    };
    const start = floatsAt(grid, Tensor.of('uint8', grid.dims, loose));
    const floats = graph.addInitializer(`${codes.name}_trained`, Tensor.of('float32', grid.dims, start));
    const scale = graph.addInitializer(`${scales.name}_rows`, Tensor.of('float32', [rows], grid.scales));
    const point = graph.addInitializer(`${codes.name}_points`, Tensor.of('uint8', [rows], points));
    this.spans.set(scale, spanOf(grid));
    const f = new Formula(graph, { before });
    const pair = [scale, point];
    const axis = { attributes: { axis: int(0) } };
    const cut = bits === 8 ? floats : cutOff(f, floats, scale, grid);
    const read = f.op('DequantizeLinear', [f.op('QuantizeLinear', [cut, ...pair], axis), ...pair], axis);
    const whole = f.op('Reshape', [read, f.vector([outputs, blocks * blockSize])]);
    const matrix = inputs === blocks * blockSize ? whole : f.slice(whole, 1, 0, inputs);
    matrix.type = { dtype: 'float32', shape: [outputs, inputs] };
    return { stored, grid, floats, scale, matrix };
  }
}

/** Codes of few bits are bytes here, which end later; scales may be negative. */
function cutOff(f: Formula, floats: Value, scale: Value, { scales, zeroPoints, used }: Grid): Value {
  const rows = scales.length;
  const column = f.op('Reshape', [scale, f.vector([rows, 1])]);
  const [first, last] = used.map((code) =>
    f.mul(
      column,
      f.floats(
        [rows, 1],
        Float32Array.from(scales, (_, at) => code - (zeroPoints?.[at] ?? 0)),
      ),
    ),
  ) as [Value, Value];
  return f.min(f.max(floats, f.min(first, last)), f.max(first, last));
}

/** What the kernel computes, on floats. */
function expanded(f: Formula, node: Node, matrix: Value, into: Value): void {
  const [first, second] = node.inputs;
  if (node.op !== 'MatMulNBits') {
    f.op('Gather', [matrix, second ?? null], { into, attributes: { axis: int(0) } });
    return;
  }
  const turned = f.op('Transpose', [matrix], { attributes: { perm: ints([1, 0]) } });
  const bias = node.input(5);
  if (!bias) f.op('MatMul', [first ?? null, turned], { into });
  else f.op('Add', [f.op('MatMul', [first ?? null, turned]), bias], { into });
}

/** Codes and scales as the kernels read them; zero points are what they were. */
function packed({ stored, grid, floats, scale }: Trained, scales: LearnedScales) {
  const { codes, scales: old, bits } = stored;
  const { graph } = codes;
  const own = scales.of(scale);
  const found = codesAt({ ...grid, scales: own }, floatsOf(floats.tensor as Tensor)).array() as Uint8Array;
  return {
    codes: graph.addInitializer(
      codes.name,
      Tensor.of('uint8', codes.tensor?.dims ?? [], packCodes(found, bits)),
    ),
    scales: graph.addInitializer(old.name, Tensor.of('float32', old.tensor?.dims ?? [], own)),
  };
}
