// The best model under a budget, found by making and measuring candidates.
import { tuneModel } from 'llmc-onnx';

const { result, recipe, report } = await tuneModel(
  {
    model: 'fixtures/models/rnn-gru.onnx',
    output: 'tuned.onnx',
    data: 'fixtures/data/rnn-calibration.npz?limit=64',
    eval: 'fixtures/data/rnn-eval.npz?limit=64',
    force: true,
  },
  // A small budget of trials: a real search takes minutes (trials: 40, timeMs: 600_000).
  { maxDrop: 0.05, goal: 'size', trials: 2, timeMs: 10_000, jobs: 1, cache: false },
);
const { winner, met } = result.choice;
console.log(
  `${winner.candidate.label}: ${(winner.point.sizeRatio * 100).toFixed(0)} % of the size, met ${met}`,
);
console.log(`tried ${report.search.trials.length}; it ended because ${result.stopped}`);
console.log(`made again by: llmc run ${recipe}`);
