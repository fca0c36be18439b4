import { cpus, release, totalmem } from 'node:os';
import type { Load } from './drive.ts';
import { median, spread } from './statistics.ts';

/** Kilat and another side, measured one right after the other. */
export interface Pair {
  readonly workload: string;
  readonly side: string;
  readonly kilat: Load;
  readonly other: Load;
}

/** What a side took. */
export interface Resources {
  readonly name: string;
  /** Seconds from the start of its process to its first answer. */
  readonly startSeconds: number;
  /** Resident memory in MiB. */
  readonly atRest: number;
  readonly afterLoad: number;
}

/** The results as a page. */
export function describeResults(
  command: string,
  pairs: readonly Pair[],
  resources: readonly Resources[],
): string {
  const sections = [...new Set(pairs.map(({ workload }) => workload))].map((workload) => {
    const own = pairs.filter((pair) => pair.workload === workload);
    const rows = [...new Set(own.map(({ side }) => side))].map((side) => {
      const measured = own.filter((pair) => pair.side === side);
      const ratios = measured.map(({ kilat, other }) => kilat.rate / other.rate);
      const of = (read: (pair: Pair) => number, digits: number) =>
        median(measured.map(read)).toFixed(digits);
      return [
        side,
        spread(ratios, 2),
        of(({ kilat }) => kilat.rate, 0),
        of(({ other }) => other.rate, 0),
        of(({ kilat }) => kilat.p99, 1),
        of(({ other }) => other.p99, 1),
      ];
    });
    const head = [
      'Kilat on Node against',
      'ratio',
      'Kilat/s',
      'it/s',
      'Kilat p99, ms',
      'its p99, ms',
    ];
    return `## ${workload}\n\n${markdown(head, rows)}`;
  });
  const head = ['side', 'start to first answer, s', 'memory at rest, MiB', 'after the load, MiB'];
  const table = resources.map(({ name, startSeconds, atRest, afterLoad }) => [
    name,
    startSeconds.toFixed(2),
    atRest.toFixed(0),
    afterLoad.toFixed(0),
  ]);
  return [
    '# Results\n',
    `Written by \`${command}\`. ${machine()}\n`,
    'One generator (wrk, one thread, on the same cores) drives Kilat and each other side in pairs, one right after the',
    'other, while the rest is held still. A ratio is that of requests a second within a pair: its median, and its range',
    'over the pairs. Other figures are medians. Versions are those of package-lock.json and of the files',
    'requirements.txt in bench/sides.\n',
    ...sections,
    `## Start and memory\n\n${markdown(head, table)}`,
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
