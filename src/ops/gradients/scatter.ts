/** Derivatives of writing by index, of sorting out and of cutting off. */
import { attributesOf } from '../../ir/formula.ts';
import type { Derivative, GradientScope } from '../gradient.ts';

function axisOf(g: GradientScope, fallback: number): number {
  const axis = g.node.int('axis', fallback);
  return axis < 0 ? axis + g.shape(g.input(0)).length : axis;
}

/** What was written over has no gradient; what was written has that of its place. */
export const scatterElements: Derivative = {
  rule: (g) => {
    const { f } = g;
    const dy = g.dy();
    if (!dy) return [];
    const attributes = attributesOf({ axis: axisOf(g, 0) });
    const taken = () => f.op('GatherElements', [dy, g.input(1)], { attributes });
    const left = () =>
      f.op('ScatterElements', [dy, g.input(1), f.filled(g.shape(g.input(2)))], { attributes });
    return [g.needs(0) ? (adds(g) ? dy : left()) : null, null, g.needs(2) ? taken() : null];
  },
};

export const scatterNd: Derivative = {
  rule: (g) => {
    const { f } = g;
    const dy = g.dy();
    if (!dy) return [];
    const left = () => f.op('ScatterND', [dy, g.input(1), f.filled(g.shape(g.input(2)))]);
    return [
      g.needs(0) ? (adds(g) ? dy : left()) : null,
      null,
      g.needs(2) ? f.op('GatherND', [dy, g.input(1)]) : null,
    ];
  },
};

/** Whether values are added rather than written over. @throws LlmcError UNSUPPORTED for other reductions */
function adds(g: GradientScope): boolean {
  const reduction = g.node.text('reduction', 'none');
  if (reduction !== 'none' && reduction !== 'add')
    throw g.unsupported(`its reduction '${reduction}' is not covered`);
  return reduction === 'add';
}

/** The largest get their gradients back where they were. */
export const topK: Derivative = {
  rule: (g) => {
    const { f } = g;
    const dy = g.dy();
    if (!dy) return [];
    return [
      f.op('ScatterElements', [f.filled(g.shape(g.input(0))), g.output(1), dy], {
        attributes: attributesOf({ axis: axisOf(g, -1) }),
      }),
    ];
  },
};

/** Sums up to each place become sums from there on. */
export const cumSum: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const { node } = g;
    const [exclusive, reverse] = [node.int('exclusive', 0), 1 - node.int('reverse', 0)];
    return [g.f.op('CumSum', [dy, g.input(1)], { attributes: attributesOf({ exclusive, reverse }) })];
  },
};

/** The same triangle. */
export const triangle: Derivative = {
  rule: (g) => {
    const dy = g.dy();
    if (!dy) return [];
    const upper = attributesOf({ upper: g.node.int('upper', 1) });
    const diagonal = g.node.input(1);
    return [g.f.op('Trilu', diagonal ? [dy, diagonal] : [dy], { attributes: upper })];
  },
};

/** In models for inference it hands on what it is given. */
export const dropout: Derivative = {
  rule: (g) => {
    const { node } = g;
    const training = node.input(2);
    if (training && !(training.tensor && Number(training.tensor.array()[0]) === 0))
      throw g.unsupported('it drops values at random');
    return [g.dy()];
  },
};
