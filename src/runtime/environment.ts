/** Describes the machine: CPU, instruction sets that decide int8 speed, cores, memory, versions. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Environment } from '../report/schema.ts';
import { loadOrt } from './ort.ts';

/** Instruction sets worth reporting, by the names operating systems use, mapped to Linux's spelling. */
const RELEVANT: Readonly<Record<string, string>> = {
  avx: 'avx',
  avx2: 'avx2',
  fma: 'fma',
  f16c: 'f16c',
  avx512f: 'avx512f',
  avx512bw: 'avx512bw',
  avx512_vnni: 'avx512_vnni',
  avx512vnni: 'avx512_vnni',
  avx_vnni: 'avx_vnni',
  avxvnni: 'avx_vnni',
  avx512_bf16: 'avx512_bf16',
  avx512_fp16: 'avx512_fp16',
  amx_int8: 'amx_int8',
  amx_bf16: 'amx_bf16',
  asimd: 'asimd',
  asimdhp: 'asimdhp',
  asimddp: 'asimddp',
  feat_dotprod: 'asimddp',
  i8mm: 'i8mm',
  feat_i8mm: 'i8mm',
  bf16: 'bf16',
  feat_bf16: 'bf16',
  feat_fp16: 'asimdhp',
  sve: 'sve',
  sve2: 'sve2',
};

let known: Promise<Environment> | undefined;

/** The environment record; probed once per process. `threads` is what the run was asked to use, 0 for the default. */
export async function environment(threads = 0): Promise<Environment> {
  known ??= probe();
  return { ...(await known), threads: threads === 0 ? null : threads };
}

async function probe(): Promise<Environment> {
  const ort = await loadOrt();
  const { model, flags } = processor();
  return {
    cpu: model,
    instructionSets: relevantSets(flags),
    cores: availableCores(),
    memoryBytes: memoryLimit(),
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    onnxruntime: ort.env.versions.node ?? ort.env.versions.common,
    provider: 'cpu',
    threads: null,
  };
}

/** The relevant names among an operating system's flags, sorted, without duplicates. */
export function relevantSets(flags: readonly string[]): string[] {
  const found = new Set<string>();
  for (const flag of flags) {
    const name = flag.toLowerCase();
    if (Object.hasOwn(RELEVANT, name)) found.add(RELEVANT[name] as string);
  }
  return [...found].sort();
}

function processor(): { model: string; flags: string[] } {
  const model = cpus()[0]?.model.trim();
  if (process.platform === 'linux') return fromCpuinfo(read('/proc/cpuinfo'), model);
  if (process.platform === 'darwin') return { model: model || 'Apple', flags: darwinFlags() };
  // Windows tells instruction sets only to native code; the model name is all there is.
  return { model: model || process.arch, flags: [] };
}

/** Model and flags from the text of /proc/cpuinfo (x86 says "flags", ARM "Features"). */
export function fromCpuinfo(text: string, fallback = ''): { model: string; flags: string[] } {
  const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.+)$`, 'mi').exec(text)?.[1]?.trim();
  const flags = field('flags') ?? field('features') ?? '';
  const named = field('model name');
  const model = named && !/^unknown$/i.test(named) ? named : fallback;
  return { model: model || process.arch, flags: flags.split(/\s+/).filter(Boolean) };
}

function darwinFlags(): string[] {
  try {
    const text = execFileSync('sysctl', ['hw.optional', 'machdep.cpu'], { encoding: 'utf8', timeout: 2000 });
    const arm = [...text.matchAll(/^hw\.optional\.(?:arm\.)?(\w+): 1$/gm)].map((match) => match[1] ?? '');
    const intel = /^machdep\.cpu\.(?:leaf7_)?features: (.+)$/gm;
    const x86 = [...text.matchAll(intel)].flatMap((match) => (match[1] ?? '').split(' '));
    return [...arm, ...x86].map((flag) => (flag === 'AVX1.0' ? 'avx' : flag));
  } catch {
    return [];
  }
}

/** Processors this process may use, with the CPU quota of its control group. */
function availableCores(): number {
  const cores = availableParallelism();
  const [quota, period] = read('/sys/fs/cgroup/cpu.max').split(/\s+/).map(Number);
  if (!quota || !period) return cores;
  return Math.max(1, Math.min(cores, Math.ceil(quota / period)));
}

/** Physical memory, or the control group's limit when that is lower. */
function memoryLimit(): number {
  const limit = process.constrainedMemory();
  const total = totalmem();
  return limit > 0 && limit < total ? limit : total;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
