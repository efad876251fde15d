/** `llmc convert`: rewrites a model without compressing it. */
import { type ConvertResult, convertFile } from '../../convert/convert.ts';
import { modelRecord } from '../../report/record.ts';
import type { Report } from '../../report/schema.ts';
import { environment } from '../../runtime/environment.ts';
import type { Handler } from '../command.ts';
import type { convertSpec } from './convert.options.ts';
import { checkedResult } from './measures.ts';

export const run: Handler<typeof convertSpec> = async ({ operands, options }, io) => {
  const rewritten = options.clean || options.strip || options.opset !== undefined;
  io.measures(checkedResult(rewritten ? options.check : 'load', { speed: false }));
  const result = await convertFile(
    {
      input: operands.model,
      output: options.output,
      clean: options.clean,
      strip: options.strip,
      opset: options.opset ?? null,
      check: options.check,
      layout: {
        externalData: options.externalData,
        alignBytes: options.align,
        shardBytes: options.shardSize ?? null,
      },
      force: io.common.force,
    },
    io.context,
  );
  const { check, bytesBefore, bytesAfter } = result;
  const report: Report = {
    version: 1,
    tool: io.tool,
    command: 'convert',
    environment: await environment(io.context.threads),
    data: check.data,
    models: [
      modelRecord('before', operands.model, bytesBefore),
      { ...modelRecord('after', result.path, bytesAfter), fidelity: check.fidelity },
    ],
    comparisons: [
      {
        baseline: 'before',
        candidate: 'after',
        sizeRatio: bytesAfter / bytesBefore,
        speedup: null,
        metricDrop: {},
      },
    ],
    steps: [result.step],
    requirements: [],
    warnings: [],
  };
  const code = await io.finish(report);
  if (!io.common.json && !io.common.quiet) io.stderr(`${written(result)}\n`);
  return code;
};

function written({ path, dataFiles }: ConvertResult): string {
  return `wrote ${[path, ...dataFiles].join(', ')}`;
}
