/** Gathers what teachers need to answer, and what they said already. */
import { digestOfModel } from '../../onnx/model-digest.ts';
import { environment } from '../../runtime/environment.ts';
import type { Context } from '../../step.ts';
import type { LearnOptions } from '../options.ts';
import { AnswerTable } from './answer-table.ts';
import { TeacherPanel } from './answers.ts';
import type { Material } from './material.ts';
import { type AnswerKey, StoredAnswers } from './stored-answers.ts';
import type { Teacher } from './teacher.ts';

/** Bytes of answers that are kept in memory. */
const MOST_IN_MEMORY = 2 ** 30;

/**
 * @param paths of the teachers
 * @throws LlmcError WRITE_FAILED for a folder of stored answers that cannot be used
 */
export async function openPanel(
  teachers: readonly Teacher[],
  paths: readonly string[],
  material: Material,
  options: LearnOptions,
  context: Context,
): Promise<TeacherPanel> {
  const { hints, teacherCache } = options;
  if (!material.constant || teachers.length === 0) {
    if (teacherCache && teachers.length > 0)
      context.note('rows are not the same in every batch: answers of the teacher are not stored');
    return new TeacherPanel(teachers, hints, null);
  }
  const table = new AnswerTable(material.rows, MOST_IN_MEMORY);
  const stored = teacherCache
    ? await StoredAnswers.open(
        await keyOf(teachers, paths, material, options, context),
        { folder: teacherCache.folder, mostBytes: teacherCache.bytes },
        context,
      )
    : null;
  return new TeacherPanel(teachers, hints, { table, stored });
}

async function keyOf(
  teachers: readonly Teacher[],
  paths: readonly string[],
  material: Material,
  { output, hints, shuffle }: LearnOptions,
  { seed, threads }: Context,
): Promise<AnswerKey> {
  const { platform, instructionSets, onnxruntime } = await environment();
  const models = [];
  for (const path of paths) models.push(await digestOfModel(path));
  return {
    content: [
      models,
      await material.digest(),
      output,
      teachers.some(({ wantsScores }) => wantsScores),
      hints.map(({ teacher, student }) => [teacher, student]),
      [platform, ...instructionSets, onnxruntime],
    ],
    circumstances: JSON.stringify([material.batch, shuffle ? seed : null, threads]),
    rows: material.rows,
  };
}
