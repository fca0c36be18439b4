import type { LatencySummary } from './latencies.ts';
import type { OpenLoop } from './open-loop.ts';
import type { Outcomes } from './outcomes.ts';
import { latencyTable, table } from './tables.ts';

/** What bench/overload.ts has measured; times in milliseconds where they do not say otherwise. */
export interface OverloadMeasures {
  readonly unloaded: LatencySummary;
  /** Predictions a second. */
  readonly capacity: number;
  readonly queueRows: number;
  readonly load: OpenLoop;
  /** Requests, of whatever kind, that had not ended long after the load had. */
  readonly unanswered: number;
  readonly outcomes: Outcomes;
  readonly healthz: Outcomes;
  readonly metrics: Outcomes;
  /** Undefined when the server was not itself again while it was looked at. */
  readonly recoverySeconds: number | undefined;
  readonly memoryMiB: { readonly before: number; readonly after: number };
  readonly ownDelay: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Processors that neither the server nor this process used, while the load went on and after. */
  readonly otherCpus: number;
}

const LONGEST_REJECTION_MS = 50;
const LONGEST_RECOVERY_SECONDS = 2;

interface Goal {
  readonly name: string;
  readonly unit: string;
  /** What may be measured at most. */
  readonly limit: number;
  readonly measured: number;
  readonly passed: boolean;
}

/** The measures as one plain object, with the goals held against them. */
export function assessOverload(measures: OverloadMeasures) {
  const { unloaded, capacity, queueRows, load, outcomes, recoverySeconds = Infinity } = measures;
  const counts = outcomes.counts();
  const { 200: accepted = 0, 503: rejected = 0, ...others } = counts;
  const seconds = (load.end - load.start) / 1000;
  const boundMs = 3 * unloaded.p99 + (queueRows / capacity) * 1000;
  const goal = (name: string, measured: number, limit: number, unit = ''): Goal => {
    return { name, unit, limit, measured, passed: measured <= limit };
  };
  return {
    unloaded_ms: unloaded,
    capacity_per_second: capacity,
    queue_rows: queueRows,
    asked_per_second: (load.sent + load.notSent) / seconds,
    seconds,
    sent: load.sent,
    not_sent: load.notSent,
    accepted_per_second: accepted / seconds,
    // Little's law: what is in a system is what leaves it in a while, times how long it stays.
    under_way: (accepted / seconds) * (outcomes.of('200').sent.mean / 1000),
    rejected_share: rejected / load.sent,
    outcomes: counts,
    accepted_ms: outcomes.of('200'),
    rejected_ms: outcomes.of('503'),
    healthz_ms: measures.healthz.of('200').scheduled,
    metrics_ms: measures.metrics.of('200').scheduled,
    memory_mib: measures.memoryMiB,
    client: { late_ms: outcomes.lateness(), event_loop_delay_ms: measures.ownDelay },
    other_cpus: measures.otherCpus,
    goals: [
      goal(
        'accepted: p99 within 3 x unloaded p99 + queue',
        outcomes.of('200').scheduled.p99,
        boundMs,
        'ms',
      ),
      goal('503: p99', outcomes.of('503').scheduled.p99, LONGEST_REJECTION_MS, 'ms'),
      goal('answered otherwise, or not at all', sum(others) + measures.unanswered, 0),
      goal(
        'probes not answered with 200',
        unanswered(measures.healthz) + unanswered(measures.metrics),
        0,
      ),
      goal('recovery', recoverySeconds, LONGEST_RECOVERY_SECONDS, 's'),
      goal('requests that this client could not send', load.notSent, 0),
    ],
  };
}

export type OverloadReport = ReturnType<typeof assessOverload>;

function unanswered(outcomes: Outcomes): number {
  const { 200: _answered, ...others } = outcomes.counts();
  return sum(others);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** The report for a person. */
export function formatOverload(report: OverloadReport): string {
  const latencies = latencyTable({
    unloaded: report.unloaded_ms,
    'accepted, from the schedule': report.accepted_ms.scheduled,
    'accepted, from sending': report.accepted_ms.sent,
    '503, from the schedule': report.rejected_ms.scheduled,
    '503, from sending': report.rejected_ms.sent,
    '/healthz': report.healthz_ms,
    '/metrics': report.metrics_ms,
    'this client: sent late by': report.client.late_ms,
  });
  const goals = table(['goal', 'at most', 'measured', '']);
  for (const { name, unit, limit, measured, passed } of report.goals) {
    const [most, was] = [limit, measured].map((value) => `${Number(value.toFixed(1))} ${unit}`);
    goals.push([name, most, was, passed ? 'PASS' : 'FAIL']);
  }
  const { client, memory_mib: memory, outcomes } = report;
  const { p50, p99, max } = client.event_loop_delay_ms;
  return [
    `capacity ${report.capacity_per_second.toFixed(0)}/s; asked for ${report.asked_per_second.toFixed(0)}/s ` +
      `for ${report.seconds.toFixed(0)} s, and answered ${report.accepted_per_second.toFixed(0)}/s`,
    `${report.sent} sent, ${report.not_sent} not sent; by outcome: ${JSON.stringify(outcomes)}, ` +
      `${(100 * report.rejected_share).toFixed(1)} % turned away`,
    `on average ${report.under_way.toFixed(0)} of the accepted waited or ran, of which the queue may hold ${report.queue_rows}`,
    latencies,
    `memory of the server: ${memory.before.toFixed(0)} MiB before, ${memory.after.toFixed(0)} MiB after`,
    `event loop delay of this client, ms: p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, max ${max.toFixed(1)}`,
    `processors that others used meanwhile: ${report.other_cpus.toFixed(2)}`,
    goals.toString(),
  ].join('\n');
}
