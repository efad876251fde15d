/** What `distill` can be asked, on the command line and in recipes. */
import { studentKinds } from '../distill/students/student.ts';
import { list, requiredText, size, text } from '../options/option-types.ts';
import { TEACHER_CACHE_BYTES } from '../train/options.ts';
import { trainOptions } from './train.options.ts';
import { checkOption, writeOptions } from './write.options.ts';

export const distillOptions = {
  student: text('--student <file>', 'the model to train', { completes: 'model' }),
  studentFrom: text(
    '--student-from <spec>',
    `make it of the teacher; ${studentKinds.map(({ name, summary }) => `${name}: ${summary}`).join('; ')}`,
  ),
  teacher: list(
    '--teacher <file>',
    'another teacher, beside the first (repeatable); their scores are averaged',
    'model',
  ),
  data: requiredText('--data <spec>', 'rows to learn from; labels are not needed', 'data'),
  eval: text(
    '--eval <spec>',
    'rows with labels that judge the student after each epoch: the best one is kept',
    {
      completes: 'data',
    },
  ),
  metric: text('--metric <name>', 'what is judged by', { completes: 'module', shown: 'the first that fits' }),
  outputName: text('--output-name <name>', 'the output that is learned', {
    shown: 'the first float output',
  }),
  teacherCache: text(
    '--teacher-cache <folder>',
    'keep what teachers say there: another training on the same rows does not ask again',
    { completes: 'directory' },
  ),
  teacherCacheSize: size(
    '--teacher-cache-size <size>',
    'most that is kept; what was used least recently makes room',
    { fallback: TEACHER_CACHE_BYTES, shown: '4GB' },
  ),
  ...trainOptions,
  check: checkOption,
  ...writeOptions,
} as const;
