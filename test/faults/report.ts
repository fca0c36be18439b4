import type { Counts } from './counts.ts';
import type { FaultRun } from './run.ts';
import { medianOfQuarter, readVital, type Vital } from './vitals.ts';

/** What a run came to, for a person. */

const QUARTERS = [0, 1, 2, 3];

const FIGURES: Readonly<Record<string, (vital: Vital) => number>> = {
  'RSS, MiB': ({ rssMiB }) => rssMiB,
  'heap, MiB': ({ heapMiB }) => heapMiB,
  'external, MiB': ({ externalMiB }) => externalMiB,
  'open files': ({ fds }) => fds,
  'active handles': ({ handles }) => handles,
  'latest event loop, ms': ({ lagMs }) => lagMs,
};

export function formatRun(run: FaultRun): string {
  const { ledger, log, done, deliveries, vitals, start, end } = run;
  const latest = Math.max(...vitals.map(({ lagMs }) => lagMs));
  const figures = Object.entries(FIGURES).map(([name, figure]) => {
    const medians = QUARTERS.map((quarter) => medianOfQuarter(vitals, quarter, figure).toFixed(0));
    const [first, last] = [start, readVital(end, 0)].map((vital) => figure(vital).toFixed(0));
    return `${name}: ${first} at first, medians of quarters ${medians.join(' ')}, ${last} at last`;
  });
  return [
    ...figures,
    `the event loop was late by ${latest.toFixed(0)} ms at most`,
    `answered by the app: ${ledger.answered.total()}; broken off by clients: ${ledger.goneLines.total()} with a line ` +
      `and ${ledger.unaccounted().length} without; closed at once: ${ledger.dropped}`,
    `samples delivered: ${deliveries.sent}, accepted: ${deliveries.accepted}; accepted again: ${run.receiver.repeated}; threads ended: ${run.strayOutput.length}`,
    `done: ${list(done)}`,
    `log: ${list(log.messages)}`,
    'outcomes:',
    ...outcomes(ledger.byKind),
  ].join('\n');
}

function list(counts: Counts): string {
  return counts
    .names()
    .map((name) => `${name} ${counts.of(name)}`)
    .join('; ');
}

/** One line for each kind of request; what is named behind a colon belongs together. */
function outcomes(byKind: Counts): string[] {
  const kinds = Map.groupBy(byKind.names(), (name) => name.slice(0, name.indexOf(':')));
  return [...kinds].map(([kind, names]) => {
    const ends = Map.groupBy(names, (name) => name.slice(name.lastIndexOf(':') + 2));
    const counts = [...ends].map(([end, same]) => {
      return `${end} ${same.reduce((sum, name) => sum + byKind.of(name), 0)}`;
    });
    return `  ${kind}: ${counts.join(', ')}`;
  });
}
