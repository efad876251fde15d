/** Runs programs and measures them from outside: wall time, processor time, peak memory; several in turns, so that load hits all. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PRELOAD = pathToFileURL(join(ROOT, 'test', 'benchmark', 'peak-memory.mjs')).href;
const PYTHON_WRAPPER = join(ROOT, 'test', 'benchmark', 'peer', 'measured.py');

/**
 * @typedef {{ ms: number, peakBytes: number | null, cpuMs: number | null, stdout: string }} Measured
 * @typedef {() => Promise<Measured>} Program
 */

/** The command line of llmc as it is built. */
export const llmc = (...argv) => node(join(ROOT, 'bin', 'llmc.js'), ...argv);

/** A Node program. */
export const node = (...argv) => run(process.execPath, ['--import', PRELOAD, ...argv]);

/** A Python program of the folder peer/. */
export const python = (interpreter, script, ...argv) =>
  run(interpreter, [PYTHON_WRAPPER, join(ROOT, 'test', 'benchmark', 'peer', script), ...argv]);

/** Any other program; its memory is not measured. */
export const command = (name, ...argv) => run(name, argv);

/** @returns {Program} */
function run(file, argv) {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'llmc-measure-'));
    const measureFile = join(folder, 'measured');
    try {
      const start = performance.now();
      const { code, stdout, stderr } = await finished(
        spawn(file, argv, {
          env: { ...process.env, LLMC_MEASURE_FILE: measureFile },
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      );
      const ms = performance.now() - start;
      if (code !== 0)
        throw new Error(`${file} ${argv.slice(-3).join(' ')} ended with ${code}:\n${stderr.slice(-2000)}`);
      return { ms, ...readMeasured(measureFile), stdout };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

function readMeasured(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Programs that are measured from outside only.
    return { peakBytes: null, cpuMs: null };
  }
}

function finished(child) {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? signal, stdout, stderr }));
  });
}

/**
 * Runs each program `runs` times in turns and keeps medians. `between` runs before each, e.g. to remove old output.
 * @param {Record<string, Program>} programs
 * @returns {Promise<Record<string, Measured>>}
 */
export async function inTurns(programs, runs, between = () => {}) {
  const results = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round < runs; round++) {
    for (const [name, program] of Object.entries(programs)) {
      await between(name);
      results[name].push(await program());
    }
  }
  return Object.fromEntries(Object.entries(results).map(([name, list]) => [name, median(list)]));
}

function median(list) {
  const middle = (key) => {
    const values = list.flatMap((measured) => measured[key] ?? []).sort((a, b) => a - b);
    return values[values.length >> 1] ?? null;
  };
  return {
    ms: middle('ms'),
    peakBytes: middle('peakBytes'),
    cpuMs: middle('cpuMs'),
    stdout: list.at(-1)?.stdout ?? '',
  };
}

/** A Python with onnx and onnxruntime: LLMC_PYTHON, else python3; null when there is none. */
export async function findPython() {
  for (const name of process.env.LLMC_PYTHON ? [process.env.LLMC_PYTHON] : ['python3']) {
    const found = await command(
      name,
      '-c',
      'import onnx, onnxruntime.quantization; print(onnxruntime.__version__)',
    )().catch(() => null);
    if (found) return { interpreter: name, version: found.stdout.trim() };
  }
  return null;
}
