import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.ts';
import type { FaultedServer } from '../server.ts';

/** What is done to the process of the server. */
export interface ProcessFault {
  readonly name: string;
  readonly run: (server: FaultedServer, random: Random) => Promise<void>;
}

/** Shorter than what a client may take for its head or body: the time passes for them as well. */
const LONGEST_STOP_MS = 600;
/** Signals that a server gets without anybody wanting anything of it: by terminals, sockets and children. */
const IGNORED: readonly NodeJS.Signals[] = ['SIGPIPE', 'SIGWINCH', 'SIGCONT', 'SIGURG', 'SIGCHLD'];

export const PROCESS_FAULTS: readonly ProcessFault[] = [
  {
    name: 'a thread is ended',
    run: async (server) => server.signal('SIGUSR2'),
  },
  {
    name: 'the process is stopped for a while',
    run: async (server, random) => {
      server.signal('SIGSTOP');
      await sleep(random.integer(50, LONGEST_STOP_MS));
      server.signal('SIGCONT');
    },
  },
  {
    name: 'signals that mean nothing',
    run: async (server) => {
      for (const name of IGNORED) server.signal(name);
    },
  },
];
