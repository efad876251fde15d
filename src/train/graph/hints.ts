/** Hints: values inside the student that are to be like values inside the teacher, across projections that are learned. */
import { LlmcError } from '../../errors.ts';
import type { Formula } from '../../ir/formula.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { normal, seedFor } from '../../random.ts';

/** A weight that is trained beside the student and thrown away with the training. */
export interface Projection {
  readonly key: string;
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

export interface HintLoss {
  readonly loss: Value;
  /** The initializer, and what it starts as. */
  readonly projection: (Projection & { readonly value: Value }) | null;
}

/**
 * Mean squared difference. Where one axis differs in size, a matrix along it is learned (Romero et al. 2015, section
 * 2.2; Jiao et al. 2020, equation 8); attention maps of different numbers of heads are compared by their means.
 * @throws LlmcError DATA for shapes that no projection brings together
 */
export function hintLoss(
  f: Formula,
  name: string,
  student: { value: Value; dims: readonly number[] },
  teacher: { value: Value; dims: readonly number[] },
  seed: number,
): HintLoss {
  const difference = (a: Value, b: Value): Value => f.mean(f.square(f.sub(a, b)), null, false);
  const differing = student.dims.flatMap((dim, axis) => (dim === teacher.dims[axis] ? [] : [axis]));
  if (student.dims.length === teacher.dims.length && differing.length === 0)
    return { loss: difference(student.value, teacher.value), projection: null };
  const [axis] = differing;
  if (
    student.dims.length !== teacher.dims.length ||
    differing.length !== 1 ||
    axis === undefined ||
    axis === 0
  )
    throw new LlmcError('DATA', `hint ${name}: [${student.dims}] cannot be compared with [${teacher.dims}]`, {
      hint: 'give values with the same number of axes, of which one may differ in size',
    });
  const [rows, columns] = student.dims.slice(-2);
  if (student.dims.length === 4 && axis === 1 && rows === columns)
    return { loss: difference(f.mean(student.value, [1]), f.mean(teacher.value, [1])), projection: null };
  const dims = [student.dims[axis] as number, teacher.dims[axis] as number] as const;
  const draw = normal(seedFor(`hint ${name}`, seed));
  const data = Float32Array.from({ length: dims[0] * dims[1] }, () => draw() / Math.sqrt(dims[0]));
  // The same name in the graphs of all shapes.
  const value = f.graph.addInitializer(
    `hint_${name.replace(/[^\w.]+/g, '_')}`,
    Tensor.of('float32', dims, data),
  );
  const last = student.dims.length - 1;
  const order = student.dims.map((_, at) => (at === axis ? last : at === last ? axis : at));
  const projected = f.matmul(f.transpose(student.value, order), value);
  const loss = difference(f.transpose(projected, order), teacher.value);
  return { loss, projection: { key: value.name, dims, data, value } };
}
