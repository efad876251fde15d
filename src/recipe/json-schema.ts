/** The JSON schema of recipes, for editors: from the zod object above steps, and the option tables below. */
import { z } from 'zod';
import { longFlag, type OptionDef, takesValue, type ValueShape } from '../options/option.ts';
import { type StepEntry, steps } from '../steps/table.ts';
import { type Key, keysOf } from './keys.ts';
import { recipeSchema } from './schema.ts';

type Json = Readonly<Record<string, unknown>>;

/** Values that are variables are texts, whatever they stand for. */
const VARIABLE: Json = { type: 'string', pattern: '\\$\\{[^}]+\\}' };

export function recipeJsonSchema(): Json {
  const whole = z.toJSONSchema(recipeSchema, { target: 'draft-7', io: 'input' }) as Record<string, unknown>;
  const step: Json = {
    oneOf: [
      { type: 'string', enum: steps.map(({ name }) => name) },
      {
        type: 'object',
        minProperties: 1,
        maxProperties: 1,
        additionalProperties: false,
        properties: Object.fromEntries(steps.map((entry) => [entry.name, optionsSchema(entry)])),
      },
    ],
  };
  return {
    ...replaceSteps(whole, step),
    title: 'Recipe of llmc',
    description: 'Steps in order, from one model to one or several results; see llmc run.',
  };
}

/** Every list of steps, at the top and under outputs, has the same items. */
function replaceSteps(schema: unknown, step: Json): Json {
  const seen = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(seen);
    if (part === null || typeof part !== 'object') return part;
    return Object.fromEntries(
      Object.entries(part).map(([key, value]) => [
        key,
        key === 'steps' ? { ...(value as Json), items: step } : seen(value),
      ]),
    );
  };
  return seen(schema) as Json;
}

function optionsSchema({ options }: StepEntry): Json {
  const properties = Object.fromEntries([...keysOf(options)].map(([name, key]) => [name, valueSchema(key)]));
  return { type: ['object', 'null'], additionalProperties: false, properties };
}

function valueSchema({ form, option }: Key): Json {
  const { description } = form;
  if (!takesValue(form)) return { anyOf: [{ type: 'boolean' }, VARIABLE], description };
  const single = choicesOf(option) ?? shapeOf(option.shape);
  const list = option.repeatable || longFlag(form) === '--concurrency';
  return {
    anyOf: [
      single,
      VARIABLE,
      ...(list ? [{ type: 'array', items: { type: ['string', 'number'] } }] : []),
      ...(option.repeatable
        ? [{ type: 'object', additionalProperties: { type: ['string', 'number'] } }]
        : []),
    ],
    description,
  };
}

/** Choices are hints where other forms are read as well, such as `3:8` for a structure. */
function choicesOf({ choices, shape }: OptionDef<unknown>): Json | null {
  if (choices.length === 0) return null;
  if (shape.type === 'integer') return { enum: choices.map(Number) };
  return { anyOf: [{ enum: [...choices] }, { type: ['string', 'number'] }] };
}

function shapeOf(shape: ValueShape): Json {
  if (shape.type === 'string') return { type: ['string', 'number'] };
  return { ...shape };
}
