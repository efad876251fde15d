// Makes a checkout ready to run: installs what package-lock.json names and builds src into dist, each only when stale.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [major] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(`llmc needs Node 20 or newer; this is ${process.version}`);
  process.exit(2);
}

const installed = join(root, 'node_modules', '.package-lock.json');
if (!existsSync(installed) || modified(installed) < modified(join(root, 'package-lock.json'))) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  // A registry that lacks a package of another platform makes `npm ci` refuse; what this platform needs may be there.
  if (
    !run(
      'npm',
      ['ci', ...quiet],
      'installing dependencies',
      'again, without the lock file of other platforms',
    )
  )
    run('npm', ['install', '--no-save', '--no-package-lock', ...quiet], 'installing dependencies');
  utimesSync(installed, new Date(), new Date());
}
const built = join(root, 'dist', 'cli', 'main.js');
if (
  !existsSync(built) ||
  modified(built) < Math.max(newest(join(root, 'src')), modified(join(root, 'tsconfig.json')))
) {
  run('npm', ['run', '--silent', 'build'], 'building');
  utimesSync(built, new Date(), new Date());
}

function modified(path) {
  return statSync(path).mtimeMs;
}

function newest(folder) {
  const times = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? newest(path) : modified(path);
  });
  return Math.max(0, ...times);
}

/** Runs a command; with a `fallback` a failure is told and returned, without one it ends the set-up. */
function run(command, args, what, fallback) {
  console.error(`llmc: ${what} ...`);
  // onnxruntime-node would otherwise fetch GPU libraries while installing; llmc uses the CPU ones it ships.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env,
    shell: process.platform === 'win32',
  });
  if (status === 0) return true;
  if (!fallback) process.exit(status ?? 1);
  console.error(`llmc: ${fallback}`);
  return false;
}
