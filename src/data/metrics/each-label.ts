/** Walks over the labels that count, each beside what the model gave for it. */
import { asFloats } from '../cast.ts';
import type { HostTensor } from '../host-tensor.ts';
import { labelAt } from './classes.ts';
import { type ClassLayout, choiceAt, classLayout, scoreStart } from './layout.ts';

/**
 * Calls `visit` with each label that is not to be ignored, its place among the labels, and all values of the output.
 * LlmcError DATA for a label that is none of the classes.
 */
export function eachLabel(
  output: HostTensor,
  labels: HostTensor,
  classes: number,
  visit: (label: number, at: number, values: ArrayLike<number>) => void,
): void {
  const values = asFloats(output);
  if (values === null) return;
  for (let at = 0; at < labels.data.length; at++) {
    const label = labelAt(labels, at, classes);
    if (label !== null) visit(label, at, values);
  }
}

/** Scores of one label: those of the classes follow `start` at a distance of `layout.inner`. */
export interface LabelScores {
  readonly scores: ArrayLike<number>;
  readonly start: number;
  readonly layout: ClassLayout;
}

/** Each label with the scores of all classes; none where the output holds no such scores. */
export function eachScored(
  output: HostTensor,
  labels: HostTensor,
  visit: (label: number, of: LabelScores) => void,
): void {
  const layout = classLayout(output, labels);
  if (layout === null) return;
  eachLabel(output, labels, layout.classes, (label, at, scores) =>
    visit(label, { scores, start: scoreStart(at, layout), layout }),
  );
}

/** Each label with the class that the model chose: its largest score, or the number that the graph itself gave. */
export function eachChoice(
  output: HostTensor,
  labels: HostTensor,
  visit: (label: number, choice: number) => void,
): void {
  const layout = classLayout(output, labels);
  eachLabel(output, labels, layout?.classes ?? Number.MAX_SAFE_INTEGER, (label, at, values) =>
    visit(label, layout ? choiceAt(values, at, layout) : (values[at] as number)),
  );
}
