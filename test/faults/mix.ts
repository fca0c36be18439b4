import { setTimeout as sleep } from 'node:timers/promises';
import { BROKEN_CLIENTS } from './clients/broken-clients.ts';
import { CROWDS } from './clients/crowds.ts';
import type { Act, Scene } from './clients/scene.ts';
import { SLOW_CLIENTS } from './clients/slow-clients.ts';
import { askSteadily } from './clients/steady-client.ts';
import type { Counts } from './counts.ts';
import { type FaultyReceiver, RECEIVER_FAULTS } from './injected/faulty-receiver.ts';
import { MODEL_FAULTS } from './injected/model-faults.ts';
import type { ModelFiles } from './injected/model-files.ts';
import { PROCESS_FAULTS } from './injected/process-faults.ts';
import type { Random } from './random.ts';
import type { FaultedServer } from './server.ts';

/** Everything at once: who asks, and what goes wrong meanwhile. */

export interface MixParts {
  readonly server: FaultedServer;
  readonly receiver: FaultyReceiver;
  readonly files: ModelFiles;
  readonly scene: Scene;
  /** Counts what was done, by name. */
  readonly done: Counts;
  readonly isOver: () => boolean;
}

const STEADY_CLIENTS = 10;
/** Actors of a kind at once, so that slow ones do not keep the others of their kind from their turn. */
const SLOW_ACTORS = 3;
const BROKEN_ACTORS = 2;

/** Names of everything that a run of a few minutes has to have done. */
export const EVERYTHING: readonly string[] = [
  ...[...SLOW_CLIENTS, ...BROKEN_CLIENTS, ...CROWDS].map(({ name }) => name),
  ...[...MODEL_FAULTS, ...PROCESS_FAULTS].map(({ name }) => name),
  ...RECEIVER_FAULTS.map((fault) => `the receiver: ${fault}`),
];

/** Runs all actors until it is over, and each has finished and mended what it was at. */
export async function runMix(parts: MixParts): Promise<void> {
  const { scene } = parts;
  const own = (name: string): Scene => ({ ...scene, random: scene.random.fork(name) });
  const times = <T>(count: number, make: (i: number) => T) =>
    Array.from({ length: count }, (_, i) => make(i));
  await Promise.all([
    ...times(STEADY_CLIENTS, (i) => askSteadily(own(`steady ${i}`), parts.isOver)),
    ...times(SLOW_ACTORS, (i) => perform(parts, own(`slow ${i}`), SLOW_CLIENTS, [100, 1000])),
    ...times(BROKEN_ACTORS, (i) => perform(parts, own(`broken ${i}`), BROKEN_CLIENTS, [20, 200])),
    perform(parts, own('crowds'), CROWDS, [1000, 4000]),
    repeat(parts, own('models').random, MODEL_FAULTS, [100, 500], ({ run }, random) =>
      run(parts.files, { ...scene, random }),
    ),
    repeat(parts, own('process').random, PROCESS_FAULTS, [500, 2500], ({ run }, random) =>
      run(parts.server, random),
    ),
    breakReceiver(parts, own('receiver').random),
  ]);
}

type Pause = readonly [least: number, most: number];

function perform(parts: MixParts, scene: Scene, acts: readonly Act[], pause: Pause): Promise<void> {
  return repeat(parts, scene.random, acts, pause, ({ run }) => run(scene));
}

/** Does one thing after the other, in an order by chance. */
async function repeat<T extends { readonly name: string }>(
  { isOver, done }: MixParts,
  random: Random,
  items: readonly T[],
  [least, most]: Pause,
  run: (item: T, random: Random) => Promise<void>,
): Promise<void> {
  const draw = random.deck(items);
  while (!isOver()) {
    const item = draw();
    await run(item, random);
    done.add(item.name);
    await sleep(random.integer(least, most));
  }
}

async function breakReceiver({ receiver, done, isOver }: MixParts, random: Random): Promise<void> {
  const draw = random.deck(RECEIVER_FAULTS);
  while (!isOver()) {
    const fault = draw();
    const mend = await receiver.break(fault);
    await sleep(random.integer(1000, 4000));
    await mend();
    done.add(`the receiver: ${fault}`);
    await sleep(random.integer(1000, 4000));
  }
}
