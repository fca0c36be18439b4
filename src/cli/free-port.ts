import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Asks whether a port of the loopback address can be listened on.
 *
 * @param whose what is to listen there
 * @param option what another port is named with
 * @throws Error that says so in one line where it cannot
 */
export async function requireFreePort(port: number, whose: string, option: string): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    // Debian starts both programs as services when they are installed.
    const reason =
      code === 'EADDRINUSE'
        ? `is taken, perhaps by ${whose} running as a service: stop that`
        : `cannot be listened on (${code}): allow it`;
    throw new Error(`port ${port} of 127.0.0.1 ${reason}, or name another with ${option}`);
  }
  await new Promise((resolve) => server.close(resolve));
}
