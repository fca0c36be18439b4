import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { Command } from 'commander';
import { post, readCard } from '../test/helpers/golden.ts';
import { drive } from './drive.ts';
import { install, SIDES } from './sides.ts';
import { type RunningSide, startSide } from './start-side.ts';
import { median } from './statistics.ts';

/**
 * `npm run bench`: predictions of the shipped classifier over HTTP, side by side with what a user would pick
 * instead. One load generator drives the sides in turn, in several rounds, so that a noisy machine is noisy
 * for all of them; what counts are ratios.
 */

interface Measurement {
  readonly side: string;
  readonly workload: string;
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds that 99 of 100 requests took at most. */
  readonly p99: number;
}

const { rounds, seconds, write } = new Command('npm run bench --')
  .option('--rounds <n>', 'times that every side is measured, the first to warm up', Number, 4)
  .option('--seconds <n>', 'length of one measurement', Number, 3)
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

install();
const row = exampleRows(1);
const running: RunningSide[] = [];
const measurements: Measurement[] = [];
let answer = '{}';
try {
  for (const side of SIDES) {
    const started = await startSide(side, row, answer);
    running.push(started);
    if (running.length === 1) {
      const { url, body } = started.request(row);
      answer = await (await fetch(url, post(body))).text();
    }
  }
  const atRest = new Map(running.map((side) => [side.name, side.memory()]));
  for (const side of running) side.freeze();
  for (let round = 0; round < rounds; round++) {
    for (const { rows, connections, name } of WORKLOADS) {
      for (const side of running) {
        side.thaw();
        const { rate, p99 } = await drive({
          ...side.request(exampleRows(rows)),
          connections,
          seconds,
        });
        side.freeze();
        // The first round warms up.
        if (round > 0 || rounds === 1)
          measurements.push({ side: side.name, workload: name, rate, p99 });
        process.stderr.write('.');
      }
    }
  }
  process.stderr.write('\n');
  const report = describe(running, atRest);
  console.log(report);
  if (write) writeFileSync('bench/results.md', report);
} finally {
  for (const side of running) await side.stop();
}

function describe(sides: readonly RunningSide[], atRest: ReadonlyMap<string, number>): string {
  const of = (side: string, workload: string) =>
    measurements.filter((m) => m.side === side && m.workload === workload);
  const [kilat = ''] = sides.map(({ name }) => name);
  const sections = WORKLOADS.map(({ name: workload }) => {
    const reference = median(of(kilat, workload).map(({ rate }) => rate));
    const rows = sides.map(({ name }) => {
      const own = of(name, workload);
      const rates = own.map(({ rate }) => rate).toSorted((a, b) => a - b);
      const ratio = reference / median(rates);
      const range = `${rates[0]?.toFixed(0)} to ${rates.at(-1)?.toFixed(0)}`;
      const p99 = median(own.map((m) => m.p99)).toFixed(2);
      return [name, median(rates).toFixed(0), range, p99, `${ratio.toFixed(2)}x`];
    });
    const head = ['side', 'requests/s', 'range', 'p99 ms', 'Kilat against it'];
    return `## ${workload}\n\n${markdown(head, rows)}`;
  });
  const resources = sides.map(({ name, startSeconds, memory }) => [
    name,
    startSeconds.toFixed(2),
    (atRest.get(name) ?? 0).toFixed(0),
    memory().toFixed(0),
  ]);
  const head = ['side', 'start to first answer, s', 'memory at rest, MiB', 'after the load, MiB'];
  return [
    '# Results\n',
    `Written by \`npm run bench -- --rounds ${rounds} --seconds ${seconds} --write\`. ${machine()}\n`,
    'Every side is measured in turn by the same generator (wrk, one thread) on the same cores; figures are medians of',
    `the rounds after the first. Ratios are what counts.\n`,
    ...sections,
    `## Start and memory\n\n${markdown(head, resources)}`,
  ].join('\n');
}

function machine(): string {
  const [cpu] = cpus();
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} cores (${cpu?.model}), ${gib} GiB, Linux ${release()}, Node ${process.version}.`;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}
