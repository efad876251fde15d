/** The public API: what `import ... from 'llmc-onnx'` offers; everything else may change without notice. */

export { type BenchOptions, type BenchResult, bench } from './bench/bench.ts';
export { HashIndex } from './cache/hash-index.ts';
export { type Entry, Store } from './cache/store.ts';
export { type CompareOptions, type CompareResult, compareModels } from './compare/compare.ts';
export { type ConvertJob, type ConvertResult, convertFile } from './convert/convert.ts';
export type { Batch, BatchOptions, Column, Dataset } from './data/dataset.ts';
export type { HostTensor } from './data/host-tensor.ts';
export type { Metric, Score, WholeScore } from './data/metrics/metric.ts';
export { metrics } from './data/metrics/table.ts';
export { loadMetrics, type Wanted, wantedMetrics } from './data/metrics/wanted.ts';
export { openDataset, parseDataSpec } from './data/open.ts';
export type { DataSpec } from './data/spec.ts';
export { type DistillJob, type DistillResult, distillFile } from './distill/distill.ts';
export { type ErrorCode, EXIT, LlmcError } from './errors.ts';
export { type Inspection, type InspectOptions, inspect, inspectModel } from './inspect/inspect.ts';
export type { Attribute, Int64 } from './ir/attribute.ts';
export type { ByteSource } from './ir/bytes.ts';
export { DTYPES, type DType } from './ir/dtype.ts';
export { Graph } from './ir/graph.ts';
export { Model, type ModelFunction } from './ir/model.ts';
export { Node } from './ir/node.ts';
export { Tensor } from './ir/tensor.ts';
export { type Shape, type TensorType, Value } from './ir/value.ts';
export { allGraphs, allNodes } from './ir/walk.ts';
export { type ContextOptions, contextOf, type ProgressEvent } from './library/context.ts';
export { type AppliedRecipe, applyRecipe, type CacheOptions, type RecipeOptions } from './library/recipe.ts';
export { runStep, type StepFiles, type StepOptions } from './library/step.ts';
export {
  type TunedModel,
  type TuneFiles,
  type TuneOptions,
  tuneModel,
  type WantedBudget,
} from './library/tune.ts';
export { cloneModel, decodeModel, type OpenedModel, openModel } from './onnx/read.ts';
export { encodeModel, type SavedModel, type SaveOptions, saveModel } from './onnx/write.ts';
export type { GivenOptions } from './options/given.ts';
export { type Pass, type PassTrace, runPasses } from './passes/pass.ts';
export { passes, pipelines } from './passes/table.ts';
export type { PruneOptions, Target } from './prune/options.ts';
export type { PruneOutcome } from './prune/outcome.ts';
export { type PruneJob, type PruneResult, planPruning, pruneFile } from './prune/prune.ts';
export { quantizeAuto } from './quantize/auto.ts';
export { type QuantizeOptions, quantizeOptionsSchema } from './quantize/options.ts';
export {
  type FixedScheme,
  type QuantizeJob,
  type QuantizeResult,
  quantizeFile,
} from './quantize/quantize.ts';
export { type Plan, type PlanRequest, planRecipe } from './recipe/plan.ts';
export { type Provenance, provenanceOf } from './recipe/provenance.ts';
export { type Reproduced, type ReproduceJob, reproduce } from './recipe/reproduce.ts';
export { type Made, makeOutputs, type RecipeJob, type RecipeResult, runRecipe } from './recipe/run.ts';
export { type RecipeObject, recipeSchema } from './recipe/schema.ts';
export { compareReports } from './report/against.ts';
export { renderReport } from './report/formats.ts';
export { reportJsonSchema } from './report/json-schema.ts';
export { mergeReports, type NamedReport } from './report/merge.ts';
export { parseReport } from './report/read.ts';
export { parseRequirement, type Requirement } from './report/require.ts';
export { evaluate as judgeRequirement } from './report/require-judge.ts';
export { type Report, reportSchema } from './report/schema.ts';
export { inferTypes } from './runtime/shapes.ts';
export { type Context, type Progress, silentContext } from './step.ts';
export { type Learned, learn } from './train/learn.ts';
export { LEARN_DEFAULTS, type LearnOptions } from './train/options.ts';
export type { Budget, Goal } from './tune/budget.ts';
export type { TuneJob } from './tune/job.ts';
export { type TuneResult, tune } from './tune/tune.ts';
