/** Child process: tries an execution provider and writes why it failed, or null, to stdout as JSON. Started by provider.ts. */
import { tryProvider } from '../runtime/providers.ts';

async function attempt(): Promise<string | null> {
  try {
    await tryProvider(process.argv[2] ?? 'cpu');
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

process.stdout.write(`\n${JSON.stringify({ failed: await attempt() })}\n`);
