/** Every incompatible change of an ai.onnx operator from opset 8 to 26; what is not listed stayed compatible. */
import type { Adapter } from './adapter.ts';
import {
  axesToInput,
  clipToInputs,
  dftAxisToInput,
  dropoutToInput,
  padToInputs,
  sliceToInputs,
  splitByNumber,
  splitToInput,
  topKToInput,
} from './attribute-to-input.ts';
import {
  averagePoolCeil,
  batchNormalizationOutputs,
  batchNormalizationSpatial,
  dropoutMask,
  gridSampleMode,
  groupNormalizationScale,
  roiAlignMode,
  scanBatch,
  scatterElements,
} from './renamed.ts';
import { resizeCoordinates, upsampleScales, upsampleToResize } from './resize.ts';
import { softmaxAxis } from './softmax.ts';

/** The oldest version that can be upgraded from, and the newest that can be upgraded to. */
export const OLDEST = 7;
export const NEWEST = 26;

/** Operator to adapter, by the version that brought the change. */
export const CHANGES: Readonly<Record<number, Readonly<Record<string, Adapter | undefined>>>> = {
  9: { BatchNormalization: batchNormalizationSpatial, Scan: scanBatch, Upsample: upsampleScales },
  10: { Dropout: dropoutMask, Slice: sliceToInputs, TopK: topKToInput, Upsample: upsampleToResize },
  11: { Clip: clipToInputs, Pad: padToInputs, Resize: resizeCoordinates, Scatter: scatterElements },
  12: { Dropout: dropoutToInput },
  13: {
    Hardmax: softmaxAxis,
    LogSoftmax: softmaxAxis,
    ReduceSum: axesToInput,
    Softmax: softmaxAxis,
    Split: splitToInput,
    Squeeze: axesToInput,
    Unsqueeze: axesToInput,
  },
  14: { BatchNormalization: batchNormalizationOutputs },
  16: { RoiAlign: roiAlignMode },
  18: {
    ReduceL1: axesToInput,
    ReduceL2: axesToInput,
    ReduceLogSum: axesToInput,
    ReduceLogSumExp: axesToInput,
    ReduceMax: axesToInput,
    ReduceMean: axesToInput,
    ReduceMin: axesToInput,
    ReduceProd: axesToInput,
    ReduceSumSquare: axesToInput,
    Split: splitByNumber,
  },
  19: { AveragePool: averagePoolCeil },
  20: { DFT: dftAxisToInput, GridSample: gridSampleMode },
  21: { GroupNormalization: groupNormalizationScale },
};

/** The IR version each opset came with (ONNX, Versioning.md); versions between follow the one before. */
const IR_VERSIONS: readonly (readonly [opset: number, ir: number])[] = [
  [25, 13],
  [24, 12],
  [23, 11],
  [21, 10],
  [19, 9],
  [15, 8],
  [12, 7],
  [11, 6],
  [10, 5],
  [9, 4],
  [0, 3],
];

export function irVersionOf(opset: number): number {
  return IR_VERSIONS.find(([since]) => opset >= since)?.[1] ?? 3;
}
