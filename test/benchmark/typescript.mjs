/** Loads modules of test/support in a program that is no test. */
import { createViteServer } from 'vitest/node';
import { ROOT } from './measure.mjs';

/** Gives the module at `path`, from the root of the repository, to `use`. */
export async function withModule(path, use) {
  const server = await createViteServer({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    optimizeDeps: { noDiscovery: true, include: [] },
    server: { middlewareMode: true, ws: false, watch: null },
  });
  try {
    return await use(await server.ssrLoadModule(`/${path}`));
  } finally {
    await server.close();
  }
}
