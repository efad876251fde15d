import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LlmcError } from '../../src/errors.ts';
import { memoryBytes } from '../../src/ir/bytes.ts';
import { decodeModel, openModel } from '../../src/onnx/read.ts';
import { modelTable } from '../../src/onnx/schema.ts';
import { decode } from '../../src/onnx/wire.ts';
import { encodeModel } from '../../src/onnx/write.ts';
import { uniform } from '../../src/random.ts';
import { llmc } from '../cli/harness.ts';
import { useFolder } from './folder.ts';
import { HOSTILE, smallModel } from './hostile-files.ts';

const folder = useFolder();

/** No hostile file may keep anybody busy longer. */
const LONGEST_MS = 5000;

const COMMANDS = ['inspect', 'convert', 'quantize'] as const;

function argumentsOf(command: (typeof COMMANDS)[number], path: string): string[] {
  if (command === 'inspect') return [command, path];
  const output = ['-o', folder.at('out.onnx'), '--check', 'none'];
  return command === 'convert'
    ? [command, path, ...output]
    : [command, path, '--scheme', 'int8-dynamic', ...output];
}

function refusal(work: () => unknown): LlmcError {
  try {
    work();
  } catch (error) {
    if (error instanceof LlmcError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('a hostile file is refused', () => {
  it.for(Object.entries(HOSTILE))('by the reader: %s', ([, make]) => {
    writeFileSync(folder.at('model.onnx'), make());
    const start = performance.now();
    const error = refusal(() => openModel(folder.at('model.onnx')));
    expect(performance.now() - start).toBeLessThan(LONGEST_MS);
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain('model.onnx');
    expect(error.message.length).toBeLessThan(500);
    expect(error.hint).not.toBe('');
  });

  it.for(Object.entries(HOSTILE))('by the commands: %s', async ([, make]) => {
    writeFileSync(folder.at('model.onnx'), make());
    for (const command of COMMANDS) {
      const start = performance.now();
      const { code, stdout, stderr } = await llmc(argumentsOf(command, folder.at('model.onnx')));
      expect(performance.now() - start).toBeLessThan(LONGEST_MS);
      expect([command, code, stdout]).toEqual([command, 2, '']);
      expect(stderr).toMatch(/^error [A-Z_]+: .*\nhint: .*\n$/);
    }
    expect(folder.list()).toEqual(['model.onnx']);
  });
});

describe('what is no file is refused', () => {
  const places: Readonly<Record<string, () => string>> = {
    'a path that does not exist': () => folder.at('gone.onnx'),
    'a folder': () => folder.path,
    'a path through a file': () => {
      writeFileSync(folder.at('file'), 'x');
      return folder.at('file/model.onnx');
    },
    'a named pipe nobody writes to': () => {
      const made = spawnSync('mkfifo', [folder.at('pipe')]);
      return made.status === 0 ? folder.at('pipe') : folder.path;
    },
    'a device': () => '/dev/null',
    'a path with a NUL': () => 'a\0b',
    'an empty path': () => '',
  };
  it.for(Object.entries(places))('%s', async ([, make]) => {
    const path = make();
    const error = refusal(() => openModel(path));
    expect([error.code, error.exitCode]).toEqual(['FILE_NOT_FOUND', 2]);
    for (const command of COMMANDS) {
      const { code, stdout, stderr } = await llmc(argumentsOf(command, path));
      expect([command, code, stdout]).toEqual([command, 2, '']);
      // One sees what was given, even where it is nothing.
      if (path === '') expect(stderr).toMatch(/^error [A-Z_]+: .*""/);
    }
  });

  it('a target in a folder that does not exist, and the input as the target', async () => {
    writeFileSync(folder.at('m.onnx'), smallModel());
    mkdirSync(folder.at('sub'));
    for (const output of [folder.at('gone/out.onnx'), folder.at('m.onnx'), folder.at('sub')]) {
      const { code } = await llmc([
        'convert',
        folder.at('m.onnx'),
        '-o',
        output,
        '--check',
        'none',
        '--force',
      ]);
      expect(code).toBe(2);
    }
    expect(folder.list()).toEqual(['m.onnx', 'sub']);
  });
});

describe('a damaged model', () => {
  it('cut at any length is refused, or is one that protobuf cannot tell from a whole one', () => {
    const whole = smallModel();
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length);
      try {
        // What is accepted must at least be a message: cut between two fields of the model itself.
        const opened = decodeModel(cut);
        expect(Buffer.concat([cut, whole.subarray(length)]).equals(whole)).toBe(true);
        expect(() => decode(modelTable, memoryBytes(whole.subarray(length)))).not.toThrow();
        expect(encodeModel(opened).length).toBeGreaterThan(0);
      } catch (error) {
        if (!(error instanceof LlmcError)) throw error;
        expect(error.exitCode).toBe(2);
      }
    }
  });

  it('with any one byte changed is read or refused, never anything else', () => {
    const whole = smallModel();
    const outcomes = { read: 0, refused: 0 };
    for (let at = 0; at < whole.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const bytes = Buffer.from(whole);
        bytes.writeUInt8(bytes.readUInt8(at) ^ change, at);
        try {
          encodeModel(decodeModel(bytes));
          outcomes.read++;
        } catch (error) {
          if (!(error instanceof LlmcError)) throw error;
          outcomes.refused++;
        }
      }
    }
    expect(outcomes.read).toBeGreaterThan(100);
    expect(outcomes.refused).toBeGreaterThan(100);
  });

  it('of random fields is read or refused', () => {
    for (let seed = 0; seed < 3000; seed++) {
      const next = uniform(seed);
      const bytes = Buffer.from(
        Uint8Array.from({ length: 2 + next() * 60 }, () => next() * (next() < 0.5 ? 32 : 256)),
      );
      try {
        decodeModel(Buffer.concat([Buffer.of(58, bytes.length), bytes]));
      } catch (error) {
        if (!(error instanceof LlmcError)) throw error;
      }
    }
  });
});
