/** distill, from file to file: a student learns what a teacher knows. */
import { pathsNamedBy } from '../data/spec-files.ts';
import { LlmcError } from '../errors.ts';
import type { LayoutOptions } from '../onnx/layout.ts';
import { openModel } from '../onnx/read.ts';
import { tensorSizes } from '../onnx/tensor-sizes.ts';
import { requireTarget } from '../onnx/transaction.ts';
import { passRecords } from '../passes/pass-records.ts';
import type { Comparison, ModelRecord, StepRecord } from '../report/schema.ts';
import type { CheckRequest, CheckResult } from '../runtime/check.ts';
import { type Metadata, saveCompared } from '../runtime/save-compared.ts';
import type { Context } from '../step.ts';
import { curveRecord } from '../train/curve-record.ts';
import { type Learned, learn } from '../train/learn.ts';
import type { LearnOptions } from '../train/options.ts';
import { makeStudent } from './students/student.ts';

export interface DistillJob {
  /** The first one is what the student is compared with; with alpha 0 it teaches nothing. */
  readonly teachers: readonly string[];
  /** A model file, or null. */
  readonly student: string | null;
  /** How to make one of it, or of the first teacher where none is named; or null. */
  readonly studentFrom: string | null;
  readonly output: string;
  readonly options: LearnOptions;
  readonly check: CheckRequest['level'];
  readonly layout: Partial<LayoutOptions>;
  readonly force: boolean;
  /** Put checksums into the records; costs reading both files once more. */
  readonly checksum: boolean;
  /** Gives entries for the metadata of the result; default none. */
  readonly metadata?: Metadata;
}

export interface DistillResult {
  readonly path: string;
  /** `path` and its data files. */
  readonly files: readonly string[];
  readonly step: StepRecord;
  readonly learned: Learned;
  /** Teacher and student. */
  readonly models: readonly [ModelRecord, ModelRecord];
  readonly comparison: Comparison;
  readonly data: CheckResult['data'];
}

/** Rows the result is compared on where there is nothing to evaluate it on. */
const CHECKED_ROWS = 32;
const EVALUATED_ROWS = 1_000_000;

/**
 * Trains a student and writes it to `job.output`.
 * @throws LlmcError USAGE and DATA for models and data that do not fit, UNSUPPORTED for operators without gradients,
 * DIVERGED when the loss is no number any more
 */
export async function distillFile(job: DistillJob, context: Context): Promise<DistillResult> {
  const { teachers, output, options, force } = job;
  const [teacher] = teachers;
  if (teacher === undefined) throw new Error('there is a teacher');
  if (job.student === null && job.studentFrom === null)
    throw new LlmcError('USAGE', 'what is to be trained?', {
      hint: 'give one of --student small.onnx and --student-from SPEC, e.g. --student-from layers:half',
    });
  const started = performance.now();
  const opened = openModel(teacher);
  const baselineTensors = tensorSizes(opened.model);
  const baselineFiles = [teacher, ...opened.externalFiles];
  const given = job.student === null ? opened : openModel(job.student);
  const protect = [
    ...baselineFiles,
    ...teachers.slice(1),
    ...(job.student === null ? [] : [job.student, ...given.externalFiles]),
    ...[options.data, options.evaluation ?? ''].flatMap(pathsNamedBy),
  ];
  requireTarget(output, { protect, force });
  const student = given.model;
  const made =
    job.studentFrom === null
      ? null
      : await makeStudent(student, job.studentFrom, { data: options.data }, context);
  if (made !== null) context.note(`student: ${made}`);
  const learned = await learn(student, options.alpha === 0 ? [] : teachers, options, context);
  const { check, ...compared } = await saveCompared(
    {
      baseline: teacher,
      baselineFiles,
      baselineTensors,
      model: student,
      output,
      names: ['teacher', 'student'],
      layout: job.layout,
      metadata: job.metadata,
      force,
      protect,
      checksum: job.checksum,
      gzip: false,
      check: {
        level: job.check,
        data: options.evaluation ?? options.data,
        samples: options.evaluation === null ? CHECKED_ROWS : EVALUATED_ROWS,
        dims: {},
      },
    },
    context,
  );
  return {
    ...compared,
    step: {
      name: 'distill',
      options: optionsRecord(job),
      durationMs: performance.now() - started,
      changed: [
        { what: 'weights', detail: `${learned.trained.length} tensors trained, ${learned.step} steps` },
      ],
      skipped: [],
      notes: [...(made === null ? [] : [`student: ${made}`]), ...learned.notes],
      passes: passRecords(learned.traces),
      ...curveRecord(learned),
    },
    learned,
    data: check.data,
  };
}

/** What was asked for, without what nobody said. */
function optionsRecord({ teachers, student, studentFrom, options }: DistillJob): Record<string, unknown> {
  const asked = Object.entries(options).filter(
    ([name, value]) =>
      name !== 'teacherCache' &&
      value !== null &&
      value !== false &&
      !(Array.isArray(value) && value.length === 0),
  );
  return {
    ...(teachers.length > 1 ? { teachers } : {}),
    ...(student === null ? {} : { student }),
    ...(studentFrom === null ? {} : { studentFrom }),
    ...Object.fromEntries(asked),
  };
}
