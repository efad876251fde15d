// Quantize a model and read what came of it: `llmc quantize --scheme int8-dynamic` from a program.
import { renderReport, runStep } from 'llmc-onnx';

const files = {
  input: 'fixtures/models/text-transformer-torchscript.onnx',
  output: 'small.onnx',
  force: true,
};
const report = await runStep('quantize', files, {
  scheme: 'int8-dynamic',
  data: 'fixtures/data/text-eval.npz?limit=64', // real rows to compare on; with labels there is an accuracy, too
});

// The report is plain data, the same as `--report report.json` writes; docs/reference/report.schema.json describes it.
const [before, after] = report.models;
const [comparison] = report.comparisons;
console.log(
  `${before.sizeBytes} -> ${after.sizeBytes} bytes (${(1 / comparison.sizeRatio).toFixed(1)}x smaller)`,
);
console.log(`accuracy ${before.metrics.accuracy.toFixed(3)} -> ${after.metrics.accuracy.toFixed(3)}`);
for (const { what, reason } of report.steps[0].skipped) console.log(`left alone: ${what}: ${reason}`);

// Or as a person sees it: text, markdown, html, junit, github, json.
console.log(renderReport(report, 'text'));
