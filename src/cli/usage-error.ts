/** Puts commander's complaints into llmc's own form of error. */
import type { CommanderError } from 'commander';
import { LlmcError } from '../errors.ts';

/** True for the exceptions by which commander says that help or the version was printed. */
export function isDone(error: CommanderError): boolean {
  return ['commander.helpDisplayed', 'commander.help', 'commander.version'].includes(error.code);
}

/** `command` is the one that was being parsed, or null for llmc itself. */
export function usageError(error: CommanderError, command: string | null): LlmcError {
  const [first = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const guess = /^\((.*)\)$/.exec(suggestion ?? '')?.[1];
  const help =
    command === null ? 'llmc --help lists the commands' : `llmc ${command} --help lists the options`;
  return new LlmcError('USAGE', first, { hint: guess ?? help, cause: error });
}
