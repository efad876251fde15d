/** The words of the command line, as completion scripts need them. */

import { type Completes, longFlag, type OptionTable, shortFlag, takesValue } from '../../options/option.ts';
import type { CommandSpec } from '../command.ts';
import { commonOptions } from '../common-options.ts';

/** One flag; a short and a long spelling of the same option are one word with two names. */
export interface FlagWord {
  readonly long: string;
  readonly short: string | null;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly completes: Completes;
}

export interface CommandWord {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly FlagWord[];
  /** Of the positional arguments. */
  readonly choices: readonly string[];
  readonly completes: Completes;
}

export function vocabulary(specs: readonly CommandSpec[]): CommandWord[] {
  return specs.map((spec) => {
    const operands = Object.values(spec.operands);
    return {
      name: spec.name,
      summary: spec.summary,
      flags: [...flagWords(spec.options), ...flagWords(commonOptions), HELP],
      choices: operands.flatMap(({ choices }) => choices),
      completes: operands[0]?.completes ?? 'none',
    };
  });
}

const HELP: FlagWord = {
  long: '--help',
  short: '-h',
  description: 'show this help',
  takesValue: false,
  choices: [],
  completes: 'none',
};

function flagWords(table: OptionTable): FlagWord[] {
  return Object.values(table).flatMap(({ forms, choices, completes }) =>
    forms.map((form) => ({
      long: longFlag(form),
      short: shortFlag(form),
      description: form.description,
      takesValue: takesValue(form),
      choices,
      completes,
    })),
  );
}
