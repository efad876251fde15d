/** One training step as one ordinary model: forward, loss, gradients, optimizer. */
import type { HostTensor } from '../../data/host-tensor.ts';
import { LlmcError } from '../../errors.ts';
import { Formula } from '../../ir/formula.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { becomeConstant } from '../../passes/constants.ts';
import { runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import type { Context } from '../../step.ts';
import { backward } from './backward.ts';
import { trainBatchNorms } from './batch-norms.ts';
import { decompose } from './decompose.ts';
import { retype, specialize } from './specialize.ts';
import { StepInputs } from './step-inputs.ts';
import { writeObjective } from './step-objective.ts';
import type { StepFeeds, StepGraph, StepOptions } from './step-types.ts';
import { StepUpdate } from './step-update.ts';

/**
 * The graph of a step for feeds of these shapes.
 * @throws LlmcError UNSUPPORTED for operators without gradients, DATA where outputs, labels and teacher do not fit
 */
export async function buildStep(
  student: Model,
  options: StepOptions,
  feeds: StepFeeds,
  context: Context,
): Promise<StepGraph> {
  const special = await specialize(student, feeds.inputs, options.trained, context);
  const { model } = special;
  await decompose(model, (copy) => retype(copy, special.feeds));
  const { graph } = model;
  const f = new Formula(graph);
  const running = options.frozenBatchNorm ? [] : trainBatchNorms(graph, f);
  const inputs = new StepInputs(graph);
  const objective = writeObjective(f, options, inputs, feeds, context.seed);
  const fed = { ...special.feeds, ...inputs.examples };
  graph.outputs = [...graph.outputs, objective.loss];
  await retype(model, fed);
  const parameters = [
    ...graph.inputs.filter(({ name }) => options.trained.has(name)),
    ...objective.projections.map(({ value }) => value),
  ];
  const gradients = backward(f, new Map([[objective.loss, f.scalar(1)]]), parameters);
  const reached = parameters.filter((value) => gradients.has(value));
  if (reached.length === 0)
    throw new LlmcError(
      'UNSUPPORTED',
      `the output '${options.output}' depends on no parameter that is trained`,
      {
        hint: 'freeze less, or name another output',
      },
    );
  holdUnreached(graph, parameters, gradients, special.feeds);
  const writer = new StepUpdate(graph, f, options, inputs, special.feeds);
  writer.write(reached, gradients, running);
  const terms = [...objective.terms.values()]
    .map((name) => objective.values.get(name))
    .filter((one) => !!one);
  graph.outputs = [objective.loss, ...terms, ...writer.results];
  graph.valueInfo = [];
  await runPasses(model, [removeDead], context);
  writer.turnIntoInputs();
  return {
    model,
    carried: writer.carried,
    projections: objective.projections,
    loss: objective.loss.name,
    terms: objective.terms,
    feeds: {
      labels: inputs.nameOf('labels'),
      scores: inputs.nameOf('scores'),
      hints: objective.hints,
      scalars: inputs.scalars,
    },
  };
}

/** What no gradient reaches is a constant again: nobody would feed it. */
function holdUnreached(
  graph: Graph,
  parameters: readonly Value[],
  gradients: ReadonlyMap<Value, Value>,
  weights: Readonly<Record<string, HostTensor>>,
): void {
  for (const value of parameters) {
    const weight = weights[value.name];
    if (gradients.has(value) || value.tensor || !weight) continue;
    graph.inputs = graph.inputs.filter((input) => input !== value);
    becomeConstant(value, Tensor.of('float32', weight.dims, weight.data as Float32Array));
  }
}
