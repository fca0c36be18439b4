import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Equations } from './equations.ts';
import { ModelFiles } from './injected/model-files.ts';
import { chooseSeed, Random } from './random.ts';
import { SHUTDOWN_SECONDS, type Stop, stopUnderLoad } from './stop.ts';
import { Tables } from './tables.ts';

/** A server that is told to stop while clients go on asking: what it has accepted it answers, and it says so. */

const SEED = chooseSeed();
const ROUNDS = 20;

const random = new Random(SEED);
/** Requests of all stops by how they ended once the server had been told. */
const met = { finished: 0, refused: 0 };
let files: ModelFiles;

beforeAll(async () => {
  process.stderr.write(`FAULT_SEED=${SEED}\n`);
  files = new ModelFiles(new Tables());
  // Files that have just been written are waited for; once is enough.
  await sleep(1000);
});
afterAll(() => files.remove());

/** What has to hold of every stop, however it came about. */
function expectNothingLost({ ledger, log, receiver, seconds }: Stop): void {
  expect(ledger.faults).toEqual([]);
  expect(ledger.underWay()).toEqual([]);
  expect(ledger.withoutLine()).toEqual([]);
  expect(ledger.answered.of('200')).toBeGreaterThan(0);
  expect(seconds).toBeLessThan(SHUTDOWN_SECONDS);

  // What the receiver has in the end is what was answered, to the last request and row.
  const equations = new Equations(ledger, log, receiver.last);
  for (const { counted, booked } of [
    equations.requestsBySeries(),
    equations.requestsByStatus(),
    equations.predictions(),
    equations.errorsByCode(),
    equations.rowsByRuns(),
    equations.rowsByClass(),
  ]) {
    expect(counted).toEqual(booked);
  }
  // No prediction runs into its timeout here, so that no rows are uncertain.
  for (const { value, least, most } of Object.values(equations.rows())) {
    expect({ value, most }).toEqual({ value: least, most: least });
  }
  expect(receiver.violations).toEqual([]);
  expect([...receiver.last.keys()].filter((series) => !receiver.ended.has(series))).toEqual([]);
}

describe('a server under load', () => {
  it.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))(
    'loses nothing that it has accepted when it is told to stop, time %i',
    async (round) => {
      const stop = await stopUnderLoad({ files, random: random.fork(`round ${round}`) });
      met.finished += stop.finished;
      met.refused += stop.ledger.answered.of('503');
      expectNothingLost(stop);
      expect(stop.exitCode).toBe(0);
      expect(stop.log.messages.entries()).toMatchObject({
        'info: draining': 1,
        'info: stopped': 1,
      });
      expect(stop.complaints()).toEqual([]);
    },
  );

  it('has had something to finish, and somebody to turn away', () => {
    process.stderr.write(`${JSON.stringify(met)}\n`);
    expect(met.finished).toBeGreaterThan(ROUNDS);
    expect(met.refused).toBeGreaterThan(0);
  });

  it('does the same at Ctrl-C', async () => {
    const stop = await stopUnderLoad({ files, random: random.fork('SIGINT'), signal: 'SIGINT' });
    expectNothingLost(stop);
    expect(stop.exitCode).toBe(0);
    expect(stop.complaints()).toEqual([]);
  });

  it('finishes what it has accepted after a fault that nobody has caught, and says that it failed', async () => {
    const stop = await stopUnderLoad({
      files,
      random: random.fork('a fault'),
      signal: 'SIGUSR2',
      preload: 'throw-later',
    });
    expectNothingLost(stop);
    expect(stop.exitCode).toBe(1);
    expect(stop.complaints()).toEqual(['error: uncaught exception']);
    expect(stop.log.messages.entries()).toMatchObject({ 'info: draining': 1, 'info: stopped': 1 });
  });
});
