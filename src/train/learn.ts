/** Training from start to end: a student, its teachers and data in; the student with other weights out. */
import { createHash } from 'node:crypto';
import { LlmcError } from '../errors.ts';
import type { Model } from '../ir/model.ts';
import { digestOfModel } from '../onnx/model-digest.ts';
import { saveModel } from '../onnx/write.ts';
import type { PassTrace } from '../passes/pass.ts';
import type { Context } from '../step.ts';
import { objectiveFor } from './composition.ts';
import { findParameters, patternsOf } from './graph/parameters.ts';
import { prepareTraining } from './graph/prepare.ts';
import { judgeFor } from './material/judge.ts';
import { inputsOf, type Material, openMaterial } from './material/material.ts';
import { openPanel } from './material/open-panel.ts';
import { Teacher } from './material/teacher.ts';
import { DEFAULT_SETTINGS } from './optimizers/optimizer.ts';
import { optimizerNamed } from './optimizers/table.ts';
import type { LearnOptions } from './options.ts';
import { Checkpoints } from './run/checkpoint.ts';
import type { Revision } from './run/revision.ts';
import { train } from './run/trainer.ts';
import type { Trained, TrainerOptions } from './run/training.ts';
import { refuseSenseless } from './senseless.ts';

export interface Learned extends Trained {
  readonly traces: readonly PassTrace[];
  readonly notes: readonly string[];
  /** Names of the weights that changed. */
  readonly trained: readonly string[];
  readonly rows: number;
  readonly source: string;
}

/** AdamW is not itself without decay. */
const ADAMW_DECAY = 0.01;

/**
 * Trains the student in place.
 * @param teachers paths of models; none for plain supervised training
 * @param dress changes the student once it is in the form it is trained in, in place; tells tensors that are parameters,
 * with what their gradients are multiplied by
 * @param revision changes weights between steps
 * @throws LlmcError USAGE and DATA for requests and data that do not fit, UNSUPPORTED naming an operator without a
 * gradient, DIVERGED when the loss is no number any more
 */
export async function learn(
  student: Model,
  teachers: readonly string[],
  options: LearnOptions,
  context: Context,
  dress: (student: Model) => ReadonlyMap<string, number> = () => new Map(),
  revision: Revision | null = null,
): Promise<Learned> {
  refuseSenseless(options);
  const optimizer = optimizerNamed(options.optimizer);
  const traces = await prepareTraining(student, context);
  const gains = dress(student);
  const parameters = findParameters(student, options.freeze, new Set(gains.keys()));
  const wantsScores = needsScores(options);
  const opened: Teacher[] = [];
  try {
    for (const path of teachers)
      opened.push(
        await Teacher.open(
          path,
          {
            output: options.output,
            wantsScores,
            values: opened.length === 0 ? options.hints.map(({ teacher }) => teacher) : [],
          },
          context,
        ),
      );
    const material = await openMaterial(
      { data: options.data, batch: options.batch, seed: options.shuffle ? context.seed : null },
      inputsOf(student),
      opened.map(({ inputs }) => inputs),
    );
    const objective = objectiveFor(options, opened.length, material.hasLabels);
    const total = options.steps ?? stepsOf(options, material);
    const plan: TrainerOptions = {
      objective,
      output: options.output ?? firstOutput(student),
      trained: new Set(parameters.trained.map(({ name }) => name)),
      decay: decayOf(student, options),
      gain: (name) => gains.get(name) ?? 1,
      optimizer,
      settings: { ...DEFAULT_SETTINGS, momentum: options.momentum, nesterov: options.nesterov },
      clip: options.clip,
      ema: options.ema,
      frozenBatchNorm: options.frozenBatchNorm,
      keepZeros: options.keepZeros,
      masked: revision?.masked ?? new Set(),
      revision,
      accumulate: options.accumulate,
      rate: options.rate ?? optimizer.rate,
      schedule: options.schedule,
      warmup: options.warmup < 1 ? Math.round(options.warmup * total) : options.warmup,
      steps: total,
      evaluate:
        options.evaluation === null ? null : await judgeFor(options.evaluation, options.metric, context),
      patience: options.patience,
      checkpoints:
        options.checkpoint === null
          ? null
          : new Checkpoints(
              options.checkpoint,
              await keyOf(student, teachers, { ...options, revision: revision?.key ?? null }, context),
              options.resume,
            ),
      onGraph:
        options.saveGraph === null ? null : (graph) => saveGraph(graph, options.saveGraph ?? '', context),
    };
    const panel = await openPanel(opened, teachers, material, options, context);
    const trained = await train(student, material, (batch) => panel.ask(batch), plan, context).finally(() =>
      panel.close(),
    );
    return {
      ...trained,
      traces,
      notes: [
        ...material.notes,
        `${parameters.trained.length} tensors trained${parameters.frozen.length > 0 ? `, ${parameters.frozen.length} frozen` : ''}`,
      ],
      trained: parameters.trained.map(({ name }) => name),
      rows: material.rows,
      source: material.name,
    };
  } finally {
    for (const teacher of opened) await teacher.release();
  }
}

function needsScores({ losses, alpha }: LearnOptions): boolean {
  return losses.length > 0 ? losses.some(({ name }) => name !== 'ce' && name !== 'regression') : alpha !== 0;
}

function stepsOf({ epochs, accumulate }: LearnOptions, { stepsPerEpoch }: Material): number {
  return Math.max(1, Math.floor((epochs * stepsPerEpoch) / accumulate));
}

function firstOutput(student: Model): string {
  const { outputs } = student.graph;
  const found = outputs.find(({ dtype }) => dtype === 'float32') ?? outputs[0];
  if (found) return found.name;
  throw new LlmcError('MODEL_INVALID', 'the student has no output', { hint: 'check it with `llmc inspect`' });
}

function decayOf(student: Model, options: LearnOptions): (name: string) => number {
  const decay = options.weightDecay ?? (options.optimizer === 'adamw' ? ADAMW_DECAY : 0);
  const without = patternsOf(options.noDecay, [...student.graph.initializers]);
  const spared = new Set([...student.graph.initializers].filter(without).map(({ name }) => name));
  return (name) => (spared.has(name) ? 0 : decay);
}

/** Tells trainings apart: the bytes of all models, the data as it is named, what was asked for. */
async function keyOf(
  student: Model,
  teachers: readonly string[],
  options: LearnOptions & { readonly revision: string | null },
  context: Context,
): Promise<string> {
  const { checkpoint: _folder, resume: _resume, saveGraph: _graph, teacherCache: _cache, ...asked } = options;
  const hash = createHash('sha256').update(JSON.stringify({ ...asked, seed: context.seed }));
  for (const path of teachers) hash.update(await digestOfModel(path));
  for (const { name, tensor } of student.graph.initializers) {
    hash.update(name);
    if (tensor && !tensor.strings) hash.update(tensor.bytes());
  }
  return hash.digest('hex');
}

async function saveGraph(graph: Model, path: string, context: Context): Promise<void> {
  await saveModel(graph, path, { signal: context.signal, force: true, protect: [] });
  context.note(`wrote the graph of a step to ${path}`);
}
