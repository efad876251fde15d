/** `llmc inspect`: what is in a model and what llmc can do with it. */

import { inspectModel } from '../../inspect/inspect.ts';
import { printModel } from '../../ir/print.ts';
import { openModel } from '../../onnx/read.ts';
import { tensorSizes } from '../../onnx/tensor-sizes.ts';
import { renderJson } from '../../report/json.ts';
import { MEASURED_TOGETHER } from '../../report/measurable.ts';
import { modelRecord } from '../../report/record.ts';
import type { Report } from '../../report/schema.ts';
import { environment } from '../../runtime/environment.ts';
import type { Handler } from '../command.ts';
import { renderInspection } from '../inspection-text.ts';
import type { inspectSpec } from './inspect.options.ts';

export const run: Handler<typeof inspectSpec> = async ({ operands, options }, io) => {
  io.measures({ names: ['size', ...MEASURED_TOGETHER.structure], metrics: [], compared: false });
  const opened = openModel(operands.model);
  const tensors = tensorSizes(opened.model);
  // Printed as the file has it, before shapes are asked for.
  const graph = options.graph ? printModel(opened.model) : null;
  const top = options.tensors ? null : options.top;
  const found = await inspectModel(opened, { dims: options.dim, top });
  const record = {
    ...modelRecord(found.name, operands.model, found.sizeBytes),
    tensors,
    parameters: found.parameters,
    macs: found.macs.unknown.length > 0 ? null : found.macs.total,
  };
  const report: Report = {
    version: 1,
    tool: io.tool,
    command: 'inspect',
    environment: await environment(io.context.threads),
    data: null,
    models: [record],
    comparisons: [],
    steps: [],
    requirements: [],
    warnings: [],
  };
  if (io.common.json) {
    const inspection = { ...found, graph };
    return io.finish(report, { render: (made) => renderJson({ ...made, inspection }) });
  }
  const text = `${graph === null ? '' : `${graph}\n`}${renderInspection(found, io.view)}`;
  return io.finish(report, { text });
};
