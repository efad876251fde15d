/** `llmc compare`: where two variants of a model drift apart, layer by layer. */
import { compareModels } from '../../compare/compare.ts';
import { environment } from '../../runtime/environment.ts';
import type { Handler } from '../command.ts';
import type { compareSpec } from './compare.options.ts';
import { comparison } from './measures.ts';

export const run: Handler<typeof compareSpec> = async ({ operands, options }, io) => {
  io.measures(comparison);
  const result = await compareModels(
    [operands.before, operands.after],
    {
      samples: options.samples,
      sort: options.sort ?? 'loss',
      dims: options.dim,
      ...(options.data === undefined ? {} : { data: options.data }),
    },
    io.context,
  );
  return io.finish(
    {
      version: 1,
      tool: io.tool,
      command: 'compare',
      environment: await environment(io.context.threads),
      ...result,
      requirements: [],
      warnings: [],
    },
    options.top === undefined ? {} : { layers: options.top },
  );
};
