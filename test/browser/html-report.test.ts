/** The HTML report in a real browser: it says nothing on the console, draws every chart, fits and is legible. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/report/html/page.ts';
import { randomReport } from '../report/random-report.ts';
import { richReport } from '../report/rich-report.ts';
import { browse, findBrowser } from './chromium.ts';

const browser = findBrowser();
const title = browser
  ? 'the HTML report in a browser'
  : 'the HTML report in a browser (skipped: no Chromium or Chrome found; install one or name it in LLMC_BROWSER)';

/** Put into a copy of the page: measures it and writes what it found where --dump-dom shows it. */
const PROBE = `<script>addEventListener('load', () => {
  for (const details of document.querySelectorAll('details')) details.open = true;
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m); return (x + 0.05) / (y + 0.05); };
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (color !== 'rgba(0, 0, 0, 0)') return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = { width: innerWidth, charts: [], small: [], faint: [], wide: document.documentElement.scrollWidth - innerWidth, dark: background(document.body) };
  for (const svg of document.querySelectorAll('svg')) {
    const box = svg.getBoundingClientRect();
    if (box.width === 0) continue;
    const scale = box.width / svg.viewBox.baseVal.width;
    const shapes = [...svg.querySelectorAll('rect,circle,polygon,polyline,line')].filter((shape) => { const b = shape.getBoundingClientRect(); return b.width + b.height > 0; });
    found.charts.push(shapes.length);
    for (const text of svg.querySelectorAll('text')) {
      const size = parseFloat(getComputedStyle(text).fontSize) * scale;
      if (size < 10.5) found.small.push(text.textContent + ' ' + size);
      const tile = text.classList.contains('tile') ? text.parentElement.querySelector('rect') : null;
      const behind = tile ? getComputedStyle(tile).fill : background(document.body);
      if (contrast(getComputedStyle(text).fill, behind) < 4.5) found.faint.push(text.textContent);
    }
  }
  for (const element of document.querySelectorAll('h1,h2,h3,p,li,td,th,small,summary,span,b,.name,.value,.change')) {
    if (!element.textContent.trim() || element.getBoundingClientRect().width === 0) continue;
    const style = getComputedStyle(element);
    if (parseFloat(style.fontSize) < 12) found.small.push(element.textContent);
    if (contrast(style.color, background(element)) < 4.5) found.faint.push(element.textContent);
  }
  const out = document.createElement('pre'); out.className = 'found'; out.textContent = JSON.stringify(found); parent.document.body.append(out);
});</script>`;

/** Windows of Chromium are at least 500 pixels wide, and take a second to open; frames may be narrower, and be several. */
function framed(page: string, widths: readonly number[]): string {
  const inside = page.replace(/&/g, '&amp;').replace(/"/g, '&quot;');
  const frames = widths.map(
    (width) => `<iframe width="${width}" height="900" style="border:0" srcdoc="${inside}"></iframe>`,
  );
  return `<!DOCTYPE html><body>${frames.join('')}</body>`;
}

interface Found {
  readonly width: number;
  readonly charts: readonly number[];
  readonly small: readonly string[];
  readonly faint: readonly string[];
  readonly wide: number;
  readonly dark: string;
}

describe.skipIf(browser === null)(title, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'llmc-page-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, page: string): string => {
    const path = join(folder, name);
    writeFileSync(path, page);
    return path;
  };

  const WIDTHS = [400, 800, 1280];

  it.each([false, true])('draws its charts, fits and is legible at every width, dark: %s', (dark) => {
    const page = renderHtml(richReport())
      .replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '')
      .replace('</head>', `${PROBE}</head>`);
    const path = write('frames.html', framed(page, WIDTHS));
    const { dom } = browse(browser ?? '', path, { width: 1400, height: 900, dark }, ['--dump-dom']);
    const all = Array.from(dom.matchAll(/<pre class="found">(.*?)<\/pre>/g), ([, json = '']) => {
      return JSON.parse(json.replace(/&(lt|gt|amp);/g, ' ')) as Found;
    });
    expect(all.map(({ width }) => width).sort((x, y) => x - y)).toEqual(WIDTHS);
    for (const found of all) {
      // Trends, a search, trade-off, sizes, latency, cold starts, a sweep, requests at once, operators, layers: one drawing of each shows.
      expect(found.charts).toHaveLength(10);
      expect(Math.min(...found.charts)).toBeGreaterThanOrEqual(4);
      const { width, small, faint, wide } = found;
      expect({ width, small, faint, overflows: wide > 0 }).toEqual({
        width,
        small: [],
        faint: [],
        overflows: false,
      });
      expect(found.dark).toBe(dark ? 'rgb(21, 21, 19)' : 'rgb(255, 255, 255)');
    }
  });

  it('says nothing on the console, whatever names the report holds', () => {
    for (const report of [richReport(), randomReport(7), randomReport(14)]) {
      const path = write('quiet.html', renderHtml(report));
      const { dom, complaints } = browse(browser ?? '', path, { width: 1280, height: 900 }, ['--dump-dom']);
      expect(complaints).toEqual([]);
      expect(dom).not.toMatch(/<script|<img|onerror=x/);
    }
  });

  it('can be told from a blank page', () => {
    const shot = (page: string) => {
      const picture = join(folder, 'page.png');
      const path = write('shot.html', page);
      browse(browser ?? '', path, { width: 1280, height: 2400 }, [`--screenshot=${picture}`]);
      expect(readFileSync(picture).subarray(1, 4).toString()).toBe('PNG');
      return statSync(picture).size;
    };
    expect(shot(renderHtml(richReport()))).toBeGreaterThan(4 * shot('<!DOCTYPE html><title>blank</title>'));
  });
});
