/**
 * Makes the pictures in docs/images: runs the demo, renders its report and what the terminal shows in Chromium. The
 * report of an earlier run may be given: node scripts/pictures.mjs demo.json
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const images = join(root, 'docs', 'images');
const browser = process.env.LLMC_BROWSER ?? 'chromium';
const folder = mkdtempSync(join(tmpdir(), 'llmc-pictures-'));

try {
  mkdirSync(images, { recursive: true });
  const given = process.argv[2];
  const report = given === undefined ? join(folder, 'demo.json') : resolve(given);
  const page = join(folder, 'demo.html');
  const shown =
    given === undefined ? await quietDemo(report, page) : llmc(['report', report, '--report', page]);
  const terminal = join(folder, 'terminal.html');
  writeFileSync(
    terminal,
    terminalPage(`$ llmc ${given === undefined ? 'demo' : 'report demo.json'}\n${shown}`),
  );
  shoot(page, 'report-light.png', [1280, 1520]);
  shoot(page, 'report-dark.png', [1280, 1520], true);
  const frame = join(folder, 'frame.html');
  writeFileSync(
    frame,
    '<body style="margin:0;background:#fff"><iframe src="demo.html" width="400" height="1500" style="border:0"></iframe>',
  );
  shoot(frame, 'report-narrow.png', [500, 1500]);
  shoot(terminal, 'terminal.png', [940, 200 + 19 * shown.split('\n').length], true);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Latencies of a busy machine make a poor picture, so the demo is run again until llmc finds it quiet. */
async function quietDemo(report, page) {
  for (let left = 20; ; left--) {
    const shown = llmc(['demo', '--report', report, '--report', page]);
    const busy = JSON.parse(readFileSync(report, 'utf8')).warnings.length > 0;
    if (!busy || left === 0) return shown;
    await new Promise((resolve) => setTimeout(resolve, 15_000));
  }
}

/** What a terminal of 100 columns shows, with its colours: stderr, then stdout, as they come. */
function llmc(args) {
  const { NO_COLOR: _, ...env } = process.env;
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(root, 'bin/llmc.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...env, FORCE_COLOR: '1', COLUMNS: '100' },
  });
  if (status !== 0) throw new Error(stderr);
  return `${stderr}${stdout}`;
}

function shoot(file, name, [width, height], dark = false) {
  const profile = mkdtempSync(join(tmpdir(), 'llmc-browser-'));
  const { status, stderr, error } = spawnSync(
    browser,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--hide-scrollbars',
      `--user-data-dir=${profile}`,
      `--blink-settings=preferredColorScheme=${dark ? 0 : 1}`,
      `--window-size=${width},${height}`,
      `--screenshot=${join(images, name)}`,
      pathToFileURL(file).href,
    ],
    { encoding: 'utf8' },
  );
  rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  if (error || status !== 0) throw error ?? new Error(stderr);
  console.log(`wrote docs/images/${name}`);
}

/** Escape sequences of chalk as spans. */
function terminalPage(text) {
  const styles = {
    1: 'font-weight:700',
    2: 'opacity:.62',
    31: 'color:#f0897b',
    32: 'color:#7bd3a0',
    33: 'color:#e5c07b',
    36: 'color:#65c3dc',
  };
  const body = text
    .replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character])
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what a terminal reads
    .replace(/\u001b\[(\d+)m/g, (_, code) => (code in styles ? `<span style="${styles[code]}">` : '</span>'));
  return `<!DOCTYPE html><meta charset="utf-8"/><style>
body{margin:0;padding:28px 32px;background:#17181a;color:#dcdfe4;font:13.5px/1.42 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}
pre{margin:0;font:inherit}</style><pre>${body}</pre>`;
}
