/** Soft labels: the student's distribution is to be the teacher's (Hinton, Vinyals and Dean 2015, section 2). */

import { attributesOf } from '../../ir/formula.ts';
import type { Value } from '../../ir/value.ts';
import type { Loss } from './loss.ts';

/** T^2 KL(softmax(teacher / T) || softmax(student / T)), whose gradients keep their size whatever T is. */
export const distillation: Loss = {
  name: 'kd',
  summary: 'KL divergence from the distribution of the teacher, at a temperature',
  needs: 'teacher',
  build(scope) {
    const { f, teacher, student, classAxis, settings } = scope;
    if (!teacher) throw new Error('a teacher is needed');
    const { temperature } = settings;
    const soft = (op: string, x: Value) =>
      f.op(op, [temperature === 1 ? x : f.div(x, temperature)], {
        attributes: attributesOf({ axis: classAxis }),
      });
    const [wanted, wantedLog, found] = [
      soft('Softmax', teacher),
      soft('LogSoftmax', teacher),
      soft('LogSoftmax', student),
    ];
    const divergence = f.sum(f.mul(wanted, f.sub(wantedLog, found)), [classAxis], false);
    return f.mul(f.mean(divergence, null, false), temperature ** 2);
  },
};

/** Squared difference of scores (Ba and Caruana 2014, equation 2). */
export const meanSquares: Loss = {
  name: 'mse',
  summary: 'squared differences from the outputs of the teacher',
  needs: 'teacher',
  build({ f, teacher, student }) {
    if (!teacher) throw new Error('a teacher is needed');
    return f.mean(f.square(f.sub(student, teacher)), null, false);
  },
};

/** One minus the cosine between rows of outputs. */
export const cosine: Loss = {
  name: 'cosine',
  summary: 'angles between outputs and those of the teacher, for embeddings',
  needs: 'teacher',
  build(scope) {
    const { f, teacher, student } = scope;
    if (!teacher) throw new Error('a teacher is needed');
    const last = [scope.shape(student).length - 1];
    const norm = (x: Value) => f.sqrt(f.add(f.sum(f.square(x), last), 1e-12));
    const product = f.sum(f.mul(student, teacher), last);
    const angle = f.div(product, f.mul(norm(student), norm(teacher)));
    return f.mean(f.sub(1, angle), null, false);
  },
};

/** How alike rows of a batch are to each other is to be the same (Tung and Mori 2019, equations 1 to 4). */
export const relation: Loss = {
  name: 'relation',
  summary: 'similarities among the rows of a batch, as the teacher has them',
  needs: 'teacher',
  build({ f, teacher, student, shape }) {
    if (!teacher) throw new Error('a teacher is needed');
    const gram = (x: Value): Value => {
      const [rows = 1, ...rest] = shape(x);
      const flat = f.reshape(x, [rows, rest.reduce((a, b) => a * b, 1)]);
      const products = f.matmul(flat, f.transpose(flat, [1, 0]));
      return f.div(products, f.sqrt(f.add(f.sum(f.square(products), [1]), 1e-12)));
    };
    return f.mean(f.square(f.sub(gram(student), gram(teacher))), null, false);
  },
};
