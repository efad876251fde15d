/** Layers that run slower than they did in floats, by the times of their kernels. */
import { type KernelTimes, profileKernels } from '../bench/profile.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { allNodes } from '../ir/walk.ts';
import { macs } from '../ops/macs.ts';
import { openInputs } from '../runtime/inputs.ts';
import { openSession } from '../runtime/session.ts';
import type { Context } from '../step.ts';

/** Slower by less is noise. */
const CLEARLY = 1.15;
/** Of the time of the whole model; less is not worth a float layer. */
const WORTH = 0.005;

/** Names of nodes of the float model, for --exclude; those that lose most first. */
export async function slowerLayers(
  model: Model,
  paths: { readonly before: string; readonly after: string },
  data: string,
  context: Context,
): Promise<string[]> {
  const [before, after] = [
    await kernels(paths.before, data, context),
    await kernels(paths.after, data, context),
  ];
  const total = [...before.values()].reduce((sum, { ms }) => sum + ms, 0);
  const found: { name: string; lost: number }[] = [];
  for (const node of allNodes(model)) {
    if (node.name === '' || (macs(node) === 0 && !node.inputs.some((value) => value?.tensor))) continue;
    const [was, is] = [timeOf(node, before), timeOf(node, after)];
    const lost = is - was;
    if (was > 0 && is > was * CLEARLY && lost > total * WORTH) found.push({ name: node.name, lost });
  }
  return found.sort((a, b) => b.lost - a.lost).map(({ name }) => name);
}

/** One row, one thread: times of kernels, not of their sharing. */
async function kernels(path: string, data: string, context: Context): Promise<KernelTimes> {
  const session = await openSession(path, { threads: context.threads });
  try {
    const inputs = await openInputs(session, { data, seed: context.seed, signal: context.signal });
    return await profileKernels(path, inputs, context);
  } finally {
    await session.release();
  }
}

/**
 * Kernels are called after nodes or what they make, with endings of what they were turned into; a product and the
 * activation fused into it after what the activation makes.
 */
function timeOf(node: Node, times: KernelTimes): number {
  const names = [node.name, ...node.outputs.flatMap((value) => (value ? [value.name] : []))];
  const [value] = node.outputs;
  const [use, second] = value?.uses ?? [];
  if (use && !second) names.push(...use.node.outputs.flatMap((made) => (made ? [made.name] : [])));
  let sum = 0;
  for (const [kernel, { ms }] of times)
    if (names.some((name) => kernel === name || kernel.startsWith(`${name}_`))) sum += ms;
  return sum;
}
