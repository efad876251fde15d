/** Runs the command line in-process and keeps what it writes. */
import { Writable } from 'node:stream';
import { type Command, type CommandSpec, defineCommand, type Handler } from '../../src/cli/command.ts';
import { main } from '../../src/cli/main.ts';

export class Sink extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;
  constructor(isTTY = false, columns = 100) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export interface RunSettings {
  readonly env?: Record<string, string>;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly signal?: AbortSignal;
  readonly table?: readonly Command[];
  /** Folder that relative paths count from while the command runs; commands of one worker run one after the other. */
  readonly cwd?: string;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function llmc(argv: readonly string[], settings: RunSettings = {}): Promise<Ran> {
  const stdout = new Sink(settings.isTTY, settings.columns);
  const stderr = new Sink(settings.isTTY, settings.columns);
  const { env = {}, signal, cwd } = settings;
  const home = process.cwd();
  if (cwd !== undefined) process.chdir(cwd);
  try {
    const code = await main(argv, { stdout, stderr, env, ...(signal && { signal }) }, settings.table);
    return { code, stdout: stdout.text, stderr: stderr.text };
  } finally {
    process.chdir(home);
  }
}

const fakeSpec = {
  name: 'fake',
  summary: 'Do what the test says',
  operands: {},
  options: {},
  examples: [],
  reports: true as boolean,
} as const satisfies CommandSpec;

/** A table with the one command `fake`. */
export function fakeTable(run: Handler<typeof fakeSpec>, reports = true): readonly Command[] {
  return [defineCommand({ ...fakeSpec, reports }, async () => ({ run }))];
}
