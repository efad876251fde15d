/** `llmc distill`: a student learns what a teacher knows, from file to file. */
import { distillFile } from '../../distill/distill.ts';
import type { Report } from '../../report/schema.ts';
import { environment } from '../../runtime/environment.ts';
import type { Handler } from '../command.ts';
import type { distillSpec } from './distill.options.ts';
import { checkedResult } from './measures.ts';
import { learnOptions } from './training.ts';

export const run: Handler<typeof distillSpec> = async ({ operands, options }, io) => {
  io.measures(checkedResult(options.check ?? 'full', { data: options.eval ?? options.data }));
  const student = options.student ?? null;
  const named = (path: string, ending: string) => `${path.replace(/\.onnx$/i, '')}.${ending}.onnx`;
  const result = await distillFile(
    {
      teachers: [operands.teacher, ...options.teacher],
      student,
      studentFrom: options.studentFrom ?? null,
      output:
        options.output ??
        (student === null ? named(operands.teacher, 'student') : named(student, 'distilled')),
      options: learnOptions(options, options.data, options.eval ?? null, {
        metric: options.metric,
        output: options.outputName,
      }),
      check: options.check ?? 'full',
      layout: {
        externalData: options.externalData,
        alignBytes: options.align,
        shardBytes: options.shardSize ?? null,
      },
      force: io.common.force,
      checksum: io.common.json || io.common.report.length > 0,
    },
    io.context,
  );
  const report: Report = {
    version: 1,
    tool: io.tool,
    command: 'distill',
    environment: await environment(io.context.threads),
    data: result.data,
    models: [...result.models],
    comparisons: [result.comparison],
    steps: [result.step],
    requirements: [],
    warnings: [],
  };
  const code = await io.finish(report);
  if (!io.common.json && !io.common.quiet) io.stderr(`wrote ${result.path}\n`);
  return code;
};
