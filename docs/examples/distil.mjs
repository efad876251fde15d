// Train a small student to do what a large teacher does. Labels are not needed.
import { contextOf, runStep } from 'llmc-onnx';

const report = await runStep(
  'distill',
  { input: 'fixtures/models/text-transformer-torchscript.onnx', output: 'student.onnx', force: true },
  {
    studentFrom: 'layers:0', // the teacher with the first of its layers only; or student: 'own.onnx'
    data: 'fixtures/data/text-calibration.npz?limit=64',
    eval: 'fixtures/data/text-eval.npz?limit=100', // judges after each epoch; the best one is kept
    alpha: 1,
    lr: 2e-4,
    epochs: 2,
    batch: 16,
  },
  contextOf({ onProgress: ({ label, ended }) => ended && console.log(`done: ${label}`) }),
);
const [{ curve, evaluations }] = report.steps;
console.log(
  `loss ${curve[0].loss.toFixed(3)} -> ${curve.at(-1).loss.toFixed(3)} in ${curve.at(-1).step} steps`,
);
for (const { step, metric, value } of evaluations) console.log(`step ${step}: ${metric} ${value.toFixed(3)}`);
