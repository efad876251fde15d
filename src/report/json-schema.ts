/** The published JSON schema of a report, from the zod object that reads and types it. */
import { z } from 'zod';
import { reportSchema } from './schema.ts';

/** JSON Schema 2020-12 of what llmc writes (every default is filled in). */
export function reportJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(reportSchema, {
      io: 'output',
      // Later versions may add members; a validator of today must not refuse their reports.
      override: ({ jsonSchema }) => {
        if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      },
    }),
    title: 'Report of llmc',
    description: 'What `llmc ... --report FILE.json` writes and `--json` prints.',
  };
}
