/** The public API: what `import ... from 'llmc-onnx'` offers; everything else may change without notice. */
export { type BenchOptions, type BenchResult, bench } from './bench/bench.ts';
export { type ConvertJob, type ConvertResult, convertFile } from './convert/convert.ts';
export { type DistillJob, type DistillResult, distillFile } from './distill/distill.ts';
export { type ErrorCode, EXIT, LlmcError } from './errors.ts';
export type { Attribute, Int64 } from './ir/attribute.ts';
export type { ByteSource } from './ir/bytes.ts';
export { DTYPES, type DType } from './ir/dtype.ts';
export { Graph } from './ir/graph.ts';
export { Model, type ModelFunction } from './ir/model.ts';
export { Node } from './ir/node.ts';
export { Tensor } from './ir/tensor.ts';
export { type Shape, type TensorType, Value } from './ir/value.ts';
export { allGraphs, allNodes } from './ir/walk.ts';
export { cloneModel, decodeModel, type OpenedModel, openModel } from './onnx/read.ts';
export { encodeModel, type SavedModel, type SaveOptions, saveModel } from './onnx/write.ts';
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
export { type Report, reportSchema } from './report/schema.ts';
export { inferTypes } from './runtime/shapes.ts';
export { type Context, type Progress, silentContext } from './step.ts';
export { type Learned, learn } from './train/learn.ts';
export { LEARN_DEFAULTS, type LearnOptions } from './train/options.ts';
