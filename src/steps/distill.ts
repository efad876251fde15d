/** distill as a step: a student learns what a teacher knows. */
import { distillFile } from '../distill/distill.ts';
import { LlmcError } from '../errors.ts';
import type { OptionValues } from '../options/option.ts';
import { type LearnOptions, TEACHER_CACHE_BYTES } from '../train/options.ts';
import type { distillOptions } from './distill.options.ts';
import { layoutOf, type RefuseStep, type RunStep, within } from './step.ts';
import { learnOptions, refuseTraining } from './training.ts';

/** What earlier steps made of the teacher is the student, unless another one is named. */
export const run: RunStep<typeof distillOptions> = async (options, job, context) => {
  const { input, original, output, force, checksum, metadata } = job;
  const { teacherCache: folder, teacherCacheSize: bytes } = options;
  const learning = parse(options);
  const result = await distillFile(
    {
      teachers: [original, ...options.teacher],
      student: options.student ?? (input === original ? null : input),
      studentFrom: options.studentFrom ?? null,
      output,
      options: within(job, { ...learning, teacherCache: folder === undefined ? null : { folder, bytes } }),
      check: options.check ?? 'full',
      layout: layoutOf(options),
      force,
      checksum,
      metadata: () => metadata({}),
    },
    context,
  );
  return { ...result, steps: [result.step], decided: {} };
};

export const refuse: RefuseStep<typeof distillOptions> = (options) => refuseTraining(parse(options));

function parse(options: OptionValues<typeof distillOptions>): LearnOptions {
  const { teacherCache, teacherCacheSize } = options;
  if (teacherCache === undefined && teacherCacheSize !== TEACHER_CACHE_BYTES)
    throw new LlmcError('USAGE', '--teacher-cache-size is of --teacher-cache', {
      hint: 'add --teacher-cache FOLDER, or leave it out',
    });
  return learnOptions(options, options.data, options.eval ?? null, {
    metric: options.metric,
    output: options.outputName,
  });
}
