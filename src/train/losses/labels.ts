/** Losses against labels. */
import { attributesOf } from '../../ir/formula.ts';
import { type Loss, meanOverCounted } from './loss.ts';

/** Cross-entropy, the mean over rows and positions; label smoothing as in Szegedy et al. 2016, section 7. */
export const crossEntropy: Loss = {
  name: 'ce',
  summary: 'cross-entropy with the labels',
  needs: 'labels',
  build(scope) {
    const { f, labels, student, classAxis, counted, settings, shape } = scope;
    if (!labels) throw new Error('labels are needed');
    const scores = shape(student);
    const positions = scores.filter((_, axis) => axis !== classAxis);
    const found = f.op('LogSoftmax', [student], { attributes: attributesOf({ axis: classAxis }) });
    const whole = f.cast(f.reshape(labels, positions), 'int64');
    // What does not count may hold any label.
    const asked = counted ? f.cast(f.mul(f.cast(whole, 'float32'), counted), 'int64') : whole;
    const picked = f.op('GatherElements', [found, f.op('Unsqueeze', [asked, f.vector([classAxis])])], {
      attributes: attributesOf({ axis: classAxis }),
    });
    const certain = f.neg(f.reshape(picked, positions));
    const { smoothing } = settings;
    if (smoothing === 0) return meanOverCounted(scope, certain);
    const spread = f.neg(f.mean(found, [classAxis], false));
    return meanOverCounted(scope, f.add(f.mul(certain, 1 - smoothing), f.mul(spread, smoothing)));
  },
};

/** Mean squared difference from labels that are numbers. */
export const regression: Loss = {
  name: 'regression',
  summary: 'squared differences from labels that are numbers',
  needs: 'labels',
  build({ f, labels, student, shape }) {
    if (!labels) throw new Error('labels are needed');
    const wanted = f.reshape(f.cast(labels, 'float32'), shape(student));
    return f.mean(f.square(f.sub(student, wanted)), null, false);
  },
};
