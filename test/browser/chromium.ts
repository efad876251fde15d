/** A real headless Chromium through its command line: what a page draws and what it complains about. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** Of a Chromium or Chrome: LLMC_BROWSER, else the first on the PATH; null where there is none. */
export function findBrowser(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const places = [
    ...(process.env['LLMC_BROWSER'] ? [process.env['LLMC_BROWSER']] : []),
    ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  return places.find(executable) ?? null;
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface PageView {
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
}

/** Runs the browser on a file. Returns what it writes: the page as it stands with --dump-dom, complaints of the page. */
export function browse(
  browser: string,
  file: string,
  view: PageView,
  actions: readonly string[],
): { dom: string; complaints: string[] } {
  const profile = mkdtempSync(join(tmpdir(), 'llmc-browser-'));
  try {
    const { stdout, stderr, status, error } = spawnSync(
      browser,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--no-first-run',
        '--hide-scrollbars',
        '--enable-logging=stderr',
        `--user-data-dir=${profile}`,
        `--window-size=${view.width},${view.height}`,
        // 0 is dark, 1 is light (blink::mojom::PreferredColorScheme).
        `--blink-settings=preferredColorScheme=${view.dark ? 0 : 1}`,
        ...actions,
        pathToFileURL(file).href,
      ],
      { encoding: 'utf8', timeout: 90_000, maxBuffer: 1 << 28 },
    );
    if (error || status !== 0)
      throw new Error(`${browser} ended with ${status}: ${error ?? stderr.slice(-2000)}`);
    return { dom: stdout, complaints: stderr.split('\n').filter((line) => /CONSOLE/.test(line)) };
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}
