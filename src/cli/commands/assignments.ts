/** `--set name=value`, repeatable. */
import { LlmcError } from '../../errors.ts';
import { longFlag, type OptionDef } from '../../options/option.ts';
import { list } from '../../options/option-types.ts';

export function assignments(flags: string, description: string): OptionDef<ReadonlyMap<string, string>> {
  const given = list(flags, description);
  const name = longFlag({ flags, description });
  return {
    ...given,
    read: (raw) => {
      const found = new Map<string, string>();
      for (const text of given.read(raw)) {
        const [, key, value] = /^\s*([A-Za-z_][\w-]*)\s*=(.*)$/s.exec(text) ?? [];
        if (key === undefined || value === undefined)
          throw new LlmcError('USAGE', `${name} "${text}" is not name=value`, {
            hint: `write ${name} sparsity=0.5`,
          });
        found.set(key, value);
      }
      return found;
    },
  };
}
