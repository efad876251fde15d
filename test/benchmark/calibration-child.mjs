/** Ranges of the values that int8 quantizes, and nothing else: calibration-child.mjs MODEL DATA METHOD ROWS */
import { openModel } from '../../dist/onnx/read.js';
import { runPasses } from '../../dist/passes/pass.js';
import { pipelines } from '../../dist/passes/table.js';
import { upgradeOpset } from '../../dist/passes/upgrade-opset.js';
import { calibrate } from '../../dist/quantize/calibrate/calibrate.js';
import { knownRanges, quantizedValues } from '../../dist/quantize/static/parameters.js';
import { planStatic } from '../../dist/quantize/static/plan.js';
import { inferTypes } from '../../dist/runtime/shapes.js';
import { silentContext } from '../../dist/step.js';

const [path, data, method, rows] = process.argv.slice(2);
const context = silentContext();
const { model } = openModel(path);
await runPasses(model, pipelines['prepare-quantize'], context);
await runPasses(model, [upgradeOpset(13)], context);
await inferTypes(model);
const plan = planStatic(model, { select: () => null, keep: new Map(), mayAbsorb: true, anywhere: false });
const known = knownRanges(plan);
const request = {
  values: [...quantizedValues(plan)].filter((value) => !known.has(value)),
  method,
  spec: { type: 'uint8', symmetric: false, reduceRange: false },
  data,
  samples: Number(rows),
  percentile: 99.999,
};
console.log((await calibrate(model, request, context)).ranges.size);
