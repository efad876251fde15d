/** Opens a model in onnxruntime and runs it on host tensors. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type * as Ort from 'onnxruntime-node';
import type { HostTensor } from '../data/host-tensor.ts';
import type { ValueInfo } from '../data/value-info.ts';
import { LlmcError } from '../errors.ts';
import { named } from '../onnx/quoted.ts';
import { firstLine, loadOrt } from './ort.ts';
import { OrtSession, unrankedAmong } from './ort-session.ts';

/** A model in memory: the protobuf bytes and the files its external data would be read from. */
export interface ModelBytes {
  readonly model: Uint8Array;
  readonly externalData?: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Where data files that the bytes refer to lie; the runtime maps them instead of holding copies. */
  readonly externalFolder?: string;
}

export interface SessionOptions {
  /** Intra-op threads; 0 or absent lets onnxruntime choose. */
  readonly threads?: number;
  /** Graph optimizations; default all, as in deployment. */
  readonly optimize?: 'all' | 'extended' | 'basic' | 'disabled';
  /**
   * Computes QuantizeLinear and DequantizeLinear as they are written. By default onnxruntime takes operators between
   * the two for quantized ones, and rounds float weights it finds there to eight bits of one scale
   * (core/optimizer/qdq_transformer/weight_bias_quantization.cc).
   */
  readonly literalPairs?: boolean;
  /** Takes numbers too small for full precision as zero: kernels are many times slower on them. */
  readonly flushDenormals?: boolean;
  /** Execution provider; default cpu. */
  readonly provider?: string;
  /**
   * Threads wait for the next run by spinning, as they do in onnxruntime by default. It saves the only session of a process
   * some 20 microseconds a run. Beside other sessions it takes their cores away for tens of milliseconds: default false.
   */
  readonly spin?: boolean;
  /** Record kernel times; read them with `endProfile`. */
  readonly profile?: boolean;
  /** Writes the graph as optimized by onnxruntime to this path. */
  readonly optimizedModelPath?: string;
}

export interface Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /**
   * Runs once; `outputs` limits what is computed and returned, by default every output that is a tensor.
   * LlmcError RUNTIME when a kernel fails.
   */
  run(
    feeds: Readonly<Record<string, HostTensor>>,
    outputs?: readonly string[],
  ): Promise<Record<string, HostTensor>>;
  /**
   * Runs once and writes results where `into` has a tensor of the right type and shape; the others are made anew. What
   * is fed must not be written into.
   */
  runInto(
    feeds: Readonly<Record<string, HostTensor>>,
    into: Readonly<Record<string, HostTensor | null>>,
  ): Promise<Record<string, HostTensor>>;
  /** The profile as onnxruntime's JSON text; needs `profile: true`, ends the recording. */
  endProfile(): Promise<string>;
  release(): Promise<void>;
}

/**
 * Opens a model from a path or from memory. LlmcError FILE_NOT_FOUND for a missing path, RUNTIME when onnxruntime
 * refuses the model. The caller must `release()`.
 */
export async function openSession(
  source: string | ModelBytes,
  options: SessionOptions = {},
): Promise<Session> {
  if (typeof source === 'string') await requireFile(source);
  const ort = await loadOrt();
  const profileFolder = options.profile ? await mkdtemp(join(tmpdir(), 'llmc-profile-')) : null;
  try {
    const nativeOptions = toNative(options, profileFolder);
    const native =
      typeof source === 'string'
        ? await ort.InferenceSession.create(source, nativeOptions)
        : await ort.InferenceSession.create(source.model, withExternal(nativeOptions, source, options));
    return new OrtSession(ort, native, profileFolder, unrankedAmong(native, source));
  } catch (cause) {
    if (profileFolder !== null) await rm(profileFolder, { recursive: true, force: true });
    const isFile = typeof source === 'string';
    const why = firstLine(cause, isFile ? dirname(resolve(source)) : undefined);
    throw new LlmcError('RUNTIME', `onnxruntime refused ${isFile ? source : 'the model'}: ${why}`, {
      hint: 'check the file with `llmc inspect`; a newer opset or an unknown operator needs another runtime',
      cause,
    });
  }
}

export async function requireFile(path: string): Promise<void> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new LlmcError('FILE_NOT_FOUND', `no such file: ${named(path)}`, { hint: 'check the path', cause });
  });
  if (!info.isFile()) {
    throw new LlmcError('FILE_NOT_FOUND', `not a file: ${path}`, { hint: 'give the path of an .onnx file' });
  }
}

function toNative(
  options: SessionOptions,
  profileFolder: string | null,
): Ort.InferenceSession.SessionOptions {
  return {
    logSeverityLevel: 4,
    graphOptimizationLevel: options.optimize ?? 'all',
    ...(options.threads ? { intraOpNumThreads: options.threads } : {}),
    ...(options.provider === undefined ? {} : { executionProviders: [options.provider] }),
    extra: { session: entries(options) },
    ...(options.optimizedModelPath === undefined
      ? {}
      : { optimizedModelFilePath: options.optimizedModelPath }),
    ...(profileFolder === null
      ? {}
      : { enableProfiling: true, profileFilePrefix: join(profileFolder, 'profile') }),
  };
}

/** Configuration that has no option of its own (onnxruntime_session_options_config_keys.h). */
function entries({ literalPairs, flushDenormals, spin }: SessionOptions): Record<string, string> {
  return {
    ...(literalPairs ? { disable_quant_qdq: '1' } : {}),
    ...(flushDenormals ? { set_denormal_as_zero: '1' } : {}),
    ...(spin ? {} : { force_spinning_stop: '1' }),
  };
}

function withExternal(
  options: Ort.InferenceSession.SessionOptions,
  source: ModelBytes,
  given: SessionOptions,
): Ort.InferenceSession.SessionOptions {
  const { externalData, externalFolder } = source;
  const folder =
    externalFolder === undefined ? {} : { model_external_initializers_file_folder_path: externalFolder };
  return {
    ...options,
    ...(externalData?.length ? { externalData: [...externalData] } : {}),
    extra: { session: { ...entries(given), ...folder } },
  };
}
