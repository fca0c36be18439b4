import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { post, readCard } from '../test/helpers/golden.ts';
import { drive, type Load } from './drive.ts';
import { describeResults, type Pair } from './report.ts';
import { install, SIDES } from './sides.ts';
import { type RunningSide, startSide } from './start-side.ts';

/**
 * `npm run bench`: predictions of the shipped classifier over HTTP, side by side with what a user would pick
 * instead. One load generator drives Kilat and each other side in pairs, one right after the other: machines change
 * their pace from one second to the next, and what counts is the ratio within a pair.
 */

const { rounds, seconds, write } = new Command('npm run bench --')
  .option('--rounds <n>', 'pairs that are measured, beside a first one to warm up', Number, 5)
  .option('--seconds <n>', 'length of one measurement', Number, 1)
  .option('--write', 'write bench/results.md')
  .parse()
  .opts<{ rounds: number; seconds: number; write?: true }>();

const { examples } = readCard('breast-cancer');
const exampleRows = (rows: number) =>
  Array.from({ length: rows }, (_, i) => examples[i % examples.length] ?? []);
const WORKLOADS = [
  ...[1, 16, 32, 64].map((connections) => ({ rows: 1, connections })),
  ...[1, 16, 64].map((connections) => ({ rows: 16, connections })),
  ...[1, 16, 64].map((connections) => ({ rows: 256, connections })),
].map((workload) => ({
  ...workload,
  name: `Rows: ${workload.rows}, connections: ${workload.connections}`,
}));

/** Drives a side while all others are held still. */
async function measure(side: RunningSide, rows: number, connections: number): Promise<Load> {
  side.thaw();
  const load = await drive({ ...side.request(exampleRows(rows)), connections, seconds });
  side.freeze();
  process.stderr.write('.');
  return load;
}

install();
const row = exampleRows(1);
const running: RunningSide[] = [];
const pairs: Pair[] = [];
let answer = '{}';
try {
  for (const side of SIDES) {
    const started = await startSide(side, row, answer);
    running.push(started);
    if (running.length === 1) {
      const { url, body } = started.request(row);
      answer = await (await fetch(url, post(body))).text();
    }
    started.freeze();
  }
  const atRest = running.map((side) => side.memory());
  const [kilat, ...others] = running;
  if (!kilat) throw new Error('there is no side to measure');
  for (let round = 0; round <= rounds; round++) {
    for (const { rows, connections, name: workload } of WORKLOADS) {
      for (const other of others) {
        const own = await measure(kilat, rows, connections);
        const its = await measure(other, rows, connections);
        if (round > 0) pairs.push({ workload, side: other.name, kilat: own, other: its });
      }
    }
  }
  process.stderr.write('\n');
  const resources = running.map((side, i) => ({
    name: side.name,
    startSeconds: side.startSeconds,
    atRest: atRest[i] ?? 0,
    afterLoad: side.memory(),
  }));
  const command = `npm run bench -- --rounds ${rounds} --seconds ${seconds} --write`;
  const report = describeResults(command, pairs, resources);
  console.log(report);
  if (write) writeFileSync('bench/results.md', report);
} finally {
  for (const side of running) await side.stop();
}
