import { setTimeout as sleep } from 'node:timers/promises';
import { predictRows } from './clients/golden-questions.ts';
import { askSlow, lookUp } from './clients/lookup-questions.ts';
import type { Scene } from './clients/scene.ts';
import { FaultyReceiver } from './injected/faulty-receiver.ts';
import type { ModelFiles } from './injected/model-files.ts';
import { Ledger } from './ledger.ts';
import { LogBook } from './log-book.ts';
import type { Question } from './question.ts';
import type { Random } from './random.ts';
import { FaultedServer, type ServerParts, TOKENS } from './server.ts';
import { Wire } from './wire.ts';

/** A server that was told to stop while clients asked. */
export interface Stop {
  readonly ledger: Ledger;
  readonly log: LogBook;
  readonly receiver: FaultyReceiver;
  readonly exitCode: number | null;
  /** From the signal to its end. */
  readonly seconds: number;
  /** Requests that were under way at the signal, and were answered. */
  readonly finished: number;
  /** What it has logged above `info`, and written beside its log. */
  complaints(): string[];
}

export const SHUTDOWN_SECONDS = 10;
const LEAST_CLIENTS = 8;
const MOST_CLIENTS = 16;
/** The first connections are made and the first runs are done by then. */
const LEAST_LOAD_MS = 200;
const MOST_LOAD_MS = 700;

export async function stopUnderLoad({
  files,
  random,
  signal = 'SIGTERM',
  preload,
}: {
  files: ModelFiles;
  random: Random;
  signal?: NodeJS.Signals;
  preload?: ServerParts['preload'];
}): Promise<Stop> {
  const ledger = new Ledger();
  const log = new LogBook((line) => ledger.take(line));
  const receiver = await FaultyReceiver.start();
  const server = await FaultedServer.start({
    ...(preload && { preload }),
    settings: {
      API_TOKEN: TOKENS.api,
      MODEL_REPOSITORY: files.root,
      INFERENCE_THREADS: '1',
      REMOTE_WRITE_URL: receiver.url,
      REMOTE_WRITE_INTERVAL_SECONDS: '1',
      SHUTDOWN_SECONDS: String(SHUTDOWN_SECONDS),
    },
    onLine: (line) => log.take(line),
  });
  try {
    const scene = { port: server.port, ledger, random, tables: files.tables };
    const clients = Array.from({ length: random.integer(LEAST_CLIENTS, MOST_CLIENTS) }, (_, i) => {
      return askUntilRefused({ ...scene, random: random.fork(`client ${i}`) });
    });
    await sleep(random.integer(LEAST_LOAD_MS, MOST_LOAD_MS));
    ledger.isStopping = true;
    const told = performance.now();
    server.signal(signal);
    const finished = (await Promise.all(clients)).reduce((sum, own) => sum + own);
    const exitCode = await server.exit;
    const seconds = (performance.now() - told) / 1000;
    const complaints = () => {
      const messages = log.messages.names().filter((name) => !name.startsWith('info: '));
      return [...messages, ...server.strayOutput];
    };
    return { ledger, log, receiver, exitCode, seconds, finished, complaints };
  } finally {
    server.signal('SIGKILL');
    await receiver.stop();
  }
}

function choose(random: Random, scene: Scene): Question {
  const place = random.next();
  if (place < 0.5) return predictRows(random, 1);
  if (place < 0.7) return lookUp(random, scene.tables, random.integer(1, 20));
  if (place < 0.8) return predictRows(random, random.integer(2, 300));
  return askSlow(random, random.integer(1, 2));
}

/** Once the server has been told to stop, and not before, it may turn a request away. */
function withRefusal(question: Question, ledger: Ledger): Question {
  return {
    ...question,
    get codes(): Question['codes'] {
      return ledger.isStopping ? ['shutting_down'] : [];
    },
  };
}

/**
 * Asks without a pause, on a connection that it keeps, until nobody listens any more.
 *
 * @returns requests that were under way when the server was told to stop, and that it has finished
 */
async function askUntilRefused(scene: Scene): Promise<number> {
  const { port, ledger, random } = scene;
  let finished = 0;
  for (;;) {
    const wire = await Wire.connect(port).catch(() => undefined);
    if (!wire) return finished;
    let isKept = true;
    while (isKept) {
      const isBefore = !ledger.isStopping;
      const answer = await ledger.ask(wire, withRefusal(choose(random, scene), ledger));
      if (answer?.status === 200 && isBefore && ledger.isStopping) finished++;
      isKept = answer !== undefined && answer.headers.connection !== 'close';
    }
    wire.close();
  }
}
