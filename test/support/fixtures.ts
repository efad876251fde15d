/** Where the models and data of the repository are. */

import { fileURLToPath } from 'node:url';

/** The folder of the trained models. */
export const FIXTURES = fileURLToPath(new URL('../../fixtures/models', import.meta.url));

/** The folder of their data. */
export const FIXTURE_DATA = fileURLToPath(new URL('../../fixtures/data', import.meta.url));
