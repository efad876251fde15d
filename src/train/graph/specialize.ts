/** A copy of a model for inputs of one shape, in which every size is a number. */
import type { HostTensor } from '../../data/host-tensor.ts';
import { LlmcError } from '../../errors.ts';
import { floatsOf } from '../../ir/floats.ts';
import type { Model } from '../../ir/model.ts';
import { Tensor } from '../../ir/tensor.ts';
import type { Value } from '../../ir/value.ts';
import { cloneModel } from '../../onnx/read.ts';
import { encodeModel } from '../../onnx/write.ts';
import { specOf } from '../../ops/table.ts';
import { becomeConstant } from '../../passes/constants.ts';
import { foldConstants } from '../../passes/fold-constants.ts';
import { inlineBranches } from '../../passes/inline-branches.ts';
import { runPasses } from '../../passes/pass.ts';
import { removeDead } from '../../passes/remove-dead.ts';
import { upgradeOpset } from '../../passes/upgrade-opset.ts';
import { openSession } from '../../runtime/session.ts';
import { inferTypes, type Untyped } from '../../runtime/shapes.ts';
import type { Context } from '../../step.ts';
import { hasBranches, typeAhead } from './ahead.ts';

type Feeds = Readonly<Record<string, HostTensor>>;

/** Gradient rules are written in this version of ai.onnx; newer ones have the same operators. */
const OPSET = 21;

/** Sizes that follow from sizes: reshapes to what reshapes before them gave. */
const ROUNDS = 8;

/**
 * A copy of `model` for feeds of these shapes. Nodes that compute sizes are constants in it, what is trained is fed.
 * @param trained names of initializers that become inputs
 * @returns the copy, and feeds for its inputs: those given and what is trained as it is now
 * @throws LlmcError UNSUPPORTED when an operator cannot be brought to the opset of training graphs
 */
export async function specialize(
  model: Model,
  feeds: Feeds,
  trained: ReadonlySet<string>,
  context: Context,
): Promise<{ readonly model: Model; readonly feeds: Feeds }> {
  const copy = cloneModel(model);
  if (copy.opset < OPSET) await runPasses(copy, [upgradeOpset(OPSET)], context);
  for (const input of copy.graph.inputs) {
    const feed = feeds[input.name];
    if (feed && input.type) input.type = { ...input.type, shape: feed.dims };
  }
  // Before anything is folded: what follows from a weight is no constant.
  const weights = feedWeights(copy, trained);
  let taken = false;
  for (let round = 0; round < ROUNDS; round++) {
    requireTyped(copy, await (hasBranches(copy) ? typeAhead(copy) : inferTypes(copy)));
    if (!pinSizes(copy) && !taken) break;
    const traces = await runPasses(copy, [foldConstants, inlineBranches, removeDead], context);
    taken = traces.some(({ name, changes }) => name === inlineBranches.name && changes.length > 0);
  }
  if (hasBranches(copy)) await requireTypes(copy);
  const all = { ...feeds, ...weights };
  await resolve(copy, all);
  return { model: copy, feeds: all };
}

/** Turns initializers into inputs of their shape. */
function feedWeights({ graph }: Model, names: ReadonlySet<string>): Record<string, HostTensor> {
  const found: Record<string, HostTensor> = {};
  for (const value of [...graph.initializers]) {
    if (!value.tensor || !names.has(value.name)) continue;
    const { dims } = value.tensor;
    found[value.name] = { dtype: 'float32', dims, data: floatsOf(value.tensor) };
    value.type = { dtype: 'float32', shape: dims };
    value.tensor = null;
    graph.initializers.delete(value);
    graph.inputs = [...graph.inputs, value];
  }
  return found;
}

/** Types all values of a training graph: by inference, and by a run on the feeds where that leaves sizes open. */
export async function retype(model: Model, feeds: Feeds): Promise<void> {
  await requireTypes(model);
  await resolve(model, feeds);
}

async function requireTypes(model: Model): Promise<void> {
  requireTyped(model, await inferTypes(model));
}

function requireTyped(model: Model, untyped: Untyped): void {
  const failure = untyped.find(({ graph }) => graph === model.graph.name);
  if (failure)
    throw new LlmcError('MODEL_INVALID', `cannot train this model: ${failure.reason}`, {
      hint: 'check it with `llmc inspect`',
    });
}

/** Turns nodes that tell sizes into these sizes; whether there were any. */
function pinSizes(model: Model): boolean {
  let found = false;
  for (const node of model.graph) {
    const output = node.output();
    const input = node.input(0);
    if (!output || !input || !specOf(node)?.tellsDims) continue;
    const shape = input.type?.shape ?? input.tensor?.dims;
    if (!shape?.every((dim) => typeof dim === 'number')) continue;
    // Negative bounds and those beyond the rank are as slice() has them.
    const sizes = shape.slice(node.int('start', 0), node.int('end', shape.length)).map(Number);
    if (output.isGraphOutput) continue;
    model.graph.remove(node);
    becomeConstant(output, Tensor.ints(sizes));
    found = true;
  }
  return found;
}

/** Gives values whose shape inference leaves open the one they have in a run. */
async function resolve(model: Model, feeds: Feeds): Promise<void> {
  const open = model.graph.nodes
    .flatMap(({ outputs }) => outputs)
    .filter((value): value is Value => value !== null && isOpen(value));
  if (open.length === 0) return;
  const probe = cloneModel(model);
  const names = new Set(open.map(({ name }) => name));
  probe.graph.outputs = probe.graph.nodes
    .flatMap(({ outputs }) => outputs)
    .filter((value): value is Value => value !== null && names.has(value.name));
  const session = await openSession({ model: encodeModel(probe) }, { optimize: 'disabled' });
  try {
    const wanted = Object.fromEntries(
      probe.graph.inputs.flatMap(({ name }) => (feeds[name] ? [[name, feeds[name]]] : [])),
    );
    const found = await session.run(wanted, [...names]);
    for (const value of open) {
      const dims = found[value.name]?.dims;
      if (dims && value.type) value.type = { ...value.type, shape: dims };
    }
  } finally {
    await session.release();
  }
}

/** Tensors without all sizes; what is no tensor has no type. */
function isOpen(value: Value): boolean {
  if (value.tensor || !value.type) return false;
  return !value.type.shape?.every((dim) => typeof dim === 'number');
}
