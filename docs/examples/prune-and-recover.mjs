// Take out half of the work of a model, let what is left stand in for it, and gate the result.
import { contextOf, planPruning, runStep } from 'llmc-onnx';

const input = 'fixtures/models/fashion-cnn.onnx';
const report = await runStep(
  'prune',
  { input, output: 'half.onnx', force: true, require: ['accuracy.drop <= 10%', 'size.ratio <= 0.7'] },
  { macs: '50%', data: 'fixtures/data/fashion-calibration.npz?limit=96', recover: 'reconstruct' },
  contextOf({ seed: 0 }),
);
for (const { expression, actual, passed } of report.requirements)
  console.log(`${passed ? 'holds' : 'FAILS'}: ${expression} (${actual})`);
for (const { what, detail } of report.steps[0].changed.slice(0, 3)) console.log(`${what}: ${detail}`);

// What could be cut, without cutting: the groups of channels that only go together.
const plan = await planPruning(
  input,
  {
    ...{
      structure: 'channels',
      target: { measure: 'sparsity', share: 0.5 },
      importance: null,
      scope: 'global',
    },
    ...{ roundTo: null, maxPerLayer: 0.9, include: [], exclude: [], data: undefined, samples: 1 },
    ...{ recover: 'none', check: 'full' },
  },
  contextOf(),
);
console.log(`${plan.groups.length} groups, ${plan.frozen.length} that cannot be cut`);
