import cliProgress from 'cli-progress';
import { describe, expect, it } from 'vitest';
import { runCleanups } from '../../src/cleanup.ts';
import { ProgressDisplay } from '../../src/cli/progress.ts';
import { Sink } from './harness.ts';

function display(init: { quiet?: boolean; isTTY?: boolean } = {}) {
  const stderr = new Sink(init.isTTY);
  const clock = { ms: 0 };
  const shown = new ProgressDisplay({
    stderr,
    quiet: init.quiet ?? false,
    interval: 5000,
    now: () => clock.ms,
    bars: init.isTTY ? cliProgress : null,
  });
  return { stderr, clock, shown };
}

describe('progress without a terminal', () => {
  it('is a line every few seconds with the time left', () => {
    const { stderr, clock, shown } = display();
    const work = shown.start('quantizing', 100);
    for (let i = 0; i < 100; i++) {
      clock.ms += 200;
      work.tick();
    }
    work.done();
    expect(stderr.text).toBe(
      'quantizing: 25%, about 15 s left\n' +
        'quantizing: 50%, about 10 s left\n' +
        'quantizing: 75%, about 5 s left\n' +
        'quantizing: 100%, nearly done\n' +
        'quantizing: done in 20.0 s\n',
    );
  });

  it('says nothing about work that is quick, and nothing at all when quiet', () => {
    const quick = display();
    const work = quick.shown.start('reading', 10);
    quick.clock.ms += 100;
    work.tick(10);
    work.done();
    expect(quick.stderr.text).toBe('');
    const quiet = display({ quiet: true });
    const long = quiet.shown.start('reading', 10);
    quiet.clock.ms += 100_000;
    long.tick(5);
    long.done();
    expect(quiet.stderr.text).toBe('');
  });

  it('knows no share of an unknown total', () => {
    const { stderr, clock, shown } = display();
    const work = shown.start('searching', 0);
    clock.ms += 6000;
    work.tick();
    expect(stderr.text).toBe('searching: 6 s so far\n');
  });
});

describe('progress on a terminal', () => {
  it('draws a bar, makes room for lines and leaves nothing behind', () => {
    const { stderr, clock, shown } = display({ isTTY: true });
    const work = shown.start('quantizing', 4);
    clock.ms += 3000;
    work.tick(1);
    shown.line('a note\n');
    expect(stderr.text).toMatch(/quantizing .*░.* 0%/);
    const afterNote = stderr.text.slice(stderr.text.indexOf('a note\n'));
    expect(afterNote).toMatch(/quantizing .*█.* 25% \| about 9 s left/);
    work.done();
    expect(stderr.text.endsWith('\u001b[2K')).toBe(true);
    expect(hiddenCursors(stderr.text)).toBe(0);
  });

  it('shows the inner of two tasks, then the outer again', () => {
    const { stderr, shown } = display({ isTTY: true });
    const outer = shown.start('outer', 2);
    const inner = shown.start('inner', 2);
    inner.done();
    const back = stderr.text.lastIndexOf('inner');
    expect(stderr.text.indexOf('outer', back)).toBeGreaterThan(back);
    outer.done();
  });

  it('gives the cursor back when the process is told to stop', () => {
    const { stderr, shown } = display({ isTTY: true });
    shown.start('working', 2);
    expect(hiddenCursors(stderr.text)).toBe(1);
    runCleanups();
    expect(hiddenCursors(stderr.text)).toBe(0);
    shown.close();
  });
});

function hiddenCursors(text: string): number {
  return text.split('\u001b[?25l').length - text.split('\u001b[?25h').length;
}
