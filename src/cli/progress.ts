/** Shows how far long work is: a bar with the time left on a terminal, a line every few seconds elsewhere. */
import type cliProgress from 'cli-progress';
import { onInterrupt } from '../cleanup.ts';
import { formatMs } from '../report/units.ts';
import type { Progress } from '../step.ts';
import type { Output } from './terminal.ts';

export interface ProgressSettings {
  readonly stderr: Output;
  readonly quiet: boolean;
  /** Milliseconds between plain lines. */
  readonly interval?: number;
  /** A clock in milliseconds. */
  readonly now?: () => number;
  /** The bar's constructor; null where plain lines are wanted. */
  readonly bars: typeof cliProgress | null;
}

interface Task {
  readonly label: string;
  readonly total: number;
  readonly started: number;
  value: number;
  reported: number;
}

/** All progress of one run. Only the innermost task is drawn; the one around it comes back when that is done. */
export class ProgressDisplay {
  private readonly settings: ProgressSettings;
  private readonly now: () => number;
  private readonly interval: number;
  private tasks: Task[] = [];
  private bar: cliProgress.SingleBar | null = null;
  private forget: () => void = () => {};

  constructor(settings: ProgressSettings) {
    this.settings = settings;
    this.now = settings.now ?? (() => performance.now());
    this.interval = settings.interval ?? 5000;
  }

  start(label: string, total: number): Progress {
    if (this.settings.quiet) return { tick: () => {}, done: () => {} };
    const started = this.now();
    const task: Task = { label, total, started, value: 0, reported: started };
    this.hideBar();
    this.tasks.push(task);
    this.showBar();
    return {
      tick: (amount = 1) => this.advance(task, amount),
      done: () => this.finish(task),
    };
  }

  /** Writes a line without tearing the bar apart. */
  line(text: string): void {
    this.hideBar();
    this.settings.stderr.write(text);
    this.showBar();
  }

  /** Ends everything that is still shown, e.g. because the command failed. */
  close(): void {
    this.hideBar();
    this.tasks = [];
  }

  private advance(task: Task, amount: number): void {
    task.value += amount;
    if (this.tasks.at(-1) !== task) return;
    if (this.settings.bars) {
      this.bar?.update(task.value);
    } else if (this.now() - task.reported >= this.interval) {
      task.reported = this.now();
      this.settings.stderr.write(`${plainLine(task, this.now())}\n`);
    }
  }

  private finish(task: Task): void {
    if (!this.tasks.includes(task)) return;
    this.hideBar();
    this.tasks = this.tasks.filter((other) => other !== task);
    const took = this.now() - task.started;
    if (!this.settings.bars && took >= this.interval) {
      this.settings.stderr.write(`${task.label}: done in ${formatMs(took)}\n`);
    }
    this.showBar();
  }

  private showBar(): void {
    const task = this.tasks.at(-1);
    if (!this.settings.bars || !task) return;
    this.bar = new this.settings.bars.SingleBar({
      stream: this.settings.stderr,
      format: '{label} {bar} {percentage}% | {left}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      // Signals are the business of process.ts, which undoes the hidden cursor through onInterrupt.
      gracefulExit: false,
      linewrap: false,
      formatValue: (value) => `${value}`,
    });
    const now = this.now;
    const payload = {
      label: task.label,
      get left() {
        return remaining(task, now());
      },
    };
    this.forget = onInterrupt(() => this.hideBar());
    this.bar.start(task.total, task.value, payload);
  }

  private hideBar(): void {
    this.bar?.stop();
    this.bar = null;
    this.forget();
    this.forget = () => {};
  }
}

function plainLine(task: Task, now: number): string {
  const percent = task.total > 0 ? `${Math.min(100, Math.floor((100 * task.value) / task.total))}%, ` : '';
  return `${task.label}: ${percent}${remaining(task, now)}`;
}

/** The time left by the average pace so far. */
function remaining(task: Task, now: number): string {
  const spent = now - task.started;
  if (task.value <= 0 || task.total <= 0) return spent < 1000 ? 'just started' : `${whole(spent)} so far`;
  const left = (spent * (task.total - task.value)) / task.value;
  return left <= 0 ? 'nearly done' : `about ${whole(Math.max(1000, left))} left`;
}

/** An estimate needs no fractions of a second. */
function whole(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : formatMs(seconds * 1000);
}
