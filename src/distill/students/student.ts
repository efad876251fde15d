/** Where a student comes from: a file, or the teacher made smaller. */
import { LlmcError } from '../../errors.ts';
import type { Model } from '../../ir/model.ts';
import type { PruneOptions } from '../../prune/options.ts';
import { structureNamed } from '../../prune/structures.ts';
import type { Context } from '../../step.ts';

export interface StudentKind {
  readonly name: string;
  /** One sentence for help and reports. */
  readonly summary: string;
  /** Changes a copy of the teacher in place; says what was done. */
  make(model: Model, argument: string, request: MakeRequest, context: Context): Promise<string>;
}

export interface MakeRequest {
  /** Rows channels are judged by; labels are not needed. */
  readonly data: string;
}

/** Rows that say enough about channels. */
const SAMPLES = 512;
const MAX_PER_LAYER = 0.9;

export const studentKinds: readonly StudentKind[] = [
  {
    name: 'copy',
    summary: 'the teacher as it is',
    make: async () => 'a copy of the teacher',
  },
  {
    name: 'layers',
    summary: 'some of its repeated layers, e.g. layers:0,2 or layers:half',
    // Loaded by the one who makes students; the command line reads names and summaries for its help.
    make: async (model, argument, _, context) =>
      (await import('./layers.ts')).keepLayers(model, argument, context),
  },
  {
    name: 'prune',
    summary: 'the teacher without a share of its channels, e.g. prune:0.5',
    make: (model, argument, request, context) => prune(model, 'channels', argument, request, context),
  },
  {
    name: 'narrow',
    summary: 'the teacher with a share of its width taken out of all layers, e.g. narrow:0.25',
    make: (model, argument, request, context) => prune(model, 'width', argument, request, context),
  },
];

/**
 * Makes a student of a copy of the teacher.
 * @param spec `name` or `name:argument`
 * @returns what was done, in a sentence
 * @throws LlmcError USAGE for a spec that makes no sense for this model
 */
export function makeStudent(
  model: Model,
  spec: string,
  request: MakeRequest,
  context: Context,
): Promise<string> {
  const [name = '', argument = ''] = spec.split(':', 2);
  const kind = studentKinds.find((each) => each.name === name);
  if (kind) return kind.make(model, argument, request, context);
  throw new LlmcError('USAGE', `no student can be made with '${spec}'`, {
    hint: `choices: ${studentKinds.map((each) => `${each.name} (${each.summary})`).join('; ')}`,
  });
}

async function prune(
  model: Model,
  structure: string,
  argument: string,
  { data }: MakeRequest,
  context: Context,
): Promise<string> {
  const share = Number(argument);
  if (argument === '' || !(share > 0 && share < 1))
    throw new LlmcError('USAGE', `'${argument}' is no share of the channels`, {
      hint: 'give a number between 0 and 1, e.g. prune:0.5',
    });
  const options: PruneOptions = {
    structure,
    target: { measure: 'sparsity', share },
    importance: null,
    scope: 'global',
    roundTo: null,
    maxPerLayer: MAX_PER_LAYER,
    include: [],
    exclude: [],
    data,
    samples: SAMPLES,
    recover: 'reconstruct',
    check: 'none',
  };
  const outcome = await structureNamed(structure).prune(model, options, false, context);
  return `${outcome.changed.length} groups of channels cut`;
}
