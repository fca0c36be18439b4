import type { Latencies } from './latencies.ts';
import type { Ledger } from './ledger.ts';
import type { Minute } from './minute.ts';
import type { ServerSample } from './server-sample.ts';
import { latencyTable, table } from './tables.ts';

const WINDOW_MINUTES = 3;

type Figure = (minute: Minute) => number;

/** What is compared, with its digits. */
const FIGURES: Readonly<Record<string, readonly [Figure, number]>> = {
  'answers/s': [({ perSecond }) => perSecond, 0],
  'p50, ms': [({ latency }) => latency.p50, 2],
  'p99, ms': [({ latency }) => latency.p99, 2],
  'max, ms': [({ latency }) => latency.max, 0],
  'server CPUs': [({ serverCpus }) => serverCpus, 2],
  'CPUs of others': [({ otherCpus }) => otherCpus, 2],
  'RSS, MiB': [({ server }) => server.rssMiB, 0],
  'heap, MiB': [({ server }) => server.heapMiB, 0],
  'external, MiB': [({ server }) => server.externalMiB, 0],
  'open files': [({ server }) => server.fds, 0],
  'active handles': [({ server }) => server.handles, 0],
  'loop lag max, ms': [({ loopLagMaxMs }) => loopLagMaxMs, 0],
  'client late p99, ms': [({ client }) => client.late.p99, 1],
  'client late max, ms': [({ client }) => client.late.max, 0],
  'client RSS, MiB': [({ client }) => client.rssMiB, 0],
};

/** One line for each minute, as it ends. */
export function minuteLine(minute: Minute, number: number): string {
  const cells = Object.entries(FIGURES).map(
    ([name, [figure, digits]]) => `${name} ${figure(minute).toFixed(digits)}`,
  );
  const { unexpected } = minute;
  const faults = Object.keys(unexpected).length > 0 ? `; ${JSON.stringify(unexpected)}` : '';
  return `minute ${number}: ${cells.join('; ')}${faults}`;
}

/** What a soak comes to. */
export function assessSoak(measures: {
  readonly rate: number;
  readonly minutes: readonly Minute[];
  readonly samples: readonly ServerSample[];
  /** From the time of the schedule, by kind of request. */
  readonly byKind: ReadonlyMap<string, Latencies>;
  readonly ledger: Ledger;
  readonly unexpected: Readonly<Record<string, number>>;
  /** Requests whose time came while too many were under way. */
  readonly notSent: number;
}) {
  const { rate, minutes, samples, byKind, ledger, unexpected, notSent } = measures;
  const whole = minutes.filter(({ seconds }) => seconds > 59);
  const compared = whole.length > 0 ? whole : minutes;
  const window = Math.max(1, Math.min(WINDOW_MINUTES, Math.floor(compared.length / 2)));
  const half = (samples.at(-1)?.at ?? 0) / 2;
  const later = samples.filter(({ at }) => at >= half);
  return {
    rate,
    minutes,
    window_minutes: window,
    first: means(compared.slice(0, window)),
    last: means(compared.slice(-window)),
    rss_mib_per_hour: 3600 * slope(later.map(({ at, rssMiB }) => [at, rssMiB])),
    by_kind_ms: Object.fromEntries([...byKind].map(([name, times]) => [name, times.summary()])),
    not_sent: notSent,
    unexpected,
    ledger,
    passed: ledger.agrees && notSent === 0 && Object.keys(unexpected).length === 0,
  };
}

function means(minutes: readonly Minute[]): Record<string, number> {
  const mean = (figure: Figure) =>
    minutes.reduce((sum, minute) => sum + figure(minute), 0) / minutes.length;
  return Object.fromEntries(
    Object.entries(FIGURES).map(([name, [figure]]) => [name, mean(figure)]),
  );
}

/** The slope of the line of least squares through points; NaN for fewer than two. */
export function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (place: 0 | 1) =>
    points.reduce((sum, point) => sum + point[place], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  let [products, squares] = [0, 0];
  for (const [x, y] of points) {
    products += (x - meanX) * (y - meanY);
    squares += (x - meanX) ** 2;
  }
  return products / squares;
}

/** The comparison for a person. */
export function formatSoak(report: ReturnType<typeof assessSoak>): string {
  const { first, last, ledger, window_minutes: window } = report;
  const comparison = table(['mean of minutes', `first ${window}`, `last ${window}`, 'change']);
  for (const [name, [, digits]] of Object.entries(FIGURES)) {
    const [before = Number.NaN, after = Number.NaN] = [first[name], last[name]];
    const change = (100 * (after - before)) / before;
    comparison.push([
      name,
      before.toFixed(digits),
      after.toFixed(digits),
      `${change.toFixed(1)} %`,
    ]);
  }
  return [
    comparison.toString(),
    latencyTable(report.by_kind_ms),
    `RSS of the server over the second half: ${report.rss_mib_per_hour.toFixed(1)} MiB/hour`,
    `sent ${ledger.sent}, outcomes ${JSON.stringify(ledger.outcomes)}, not sent ${report.not_sent}`,
    `unexpected: ${JSON.stringify(report.unexpected)}`,
    ledger.agrees
      ? 'the server has counted the same, by status'
      : `the server has counted otherwise, by status: ${JSON.stringify(ledger.differences)}`,
    report.passed ? 'PASS' : 'FAIL',
  ].join('\n');
}
