import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import { createPusher } from '../remote-write/create.ts';
import { MemoryBatches } from '../remote-write/queue.ts';
import { ABANDONED_MS, Deferred, type Delta, DeltaOutbox } from './delta.ts';
import { DeliveryRecorder } from './record-delivery.ts';
import type { FamilySnapshot } from './snapshot.ts';
import type { Telemetry } from './telemetry.ts';
import { Totals } from './totals.ts';

/** What a hub knows. */
export interface HubSnapshot {
  /** The totals of the isolates that report to it. */
  readonly totals: readonly FamilySnapshot[];
  /** What it counts of its own work. */
  readonly own: readonly FamilySnapshot[];
}

/** A hub, as an isolate reaches it. */
export interface Hub {
  apply(delta: Delta): Promise<unknown>;
  snapshot(): Promise<HubSnapshot>;
}

/** What a Worker does with its metrics. */
export interface EdgeMetrics {
  /** To be called after every answer, within `waitUntil`. */
  afterRequest(): Promise<void>;
  /** What /metrics shows. */
  snapshot(): Promise<readonly FamilySnapshot[]>;
}

export interface EdgeParts {
  readonly config: Config;
  readonly telemetry: Telemetry;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly wait: (ms: number) => Promise<unknown>;
  /** A name that no other isolate has. It is asked for within a request, since module scope has no chance. */
  readonly newIsolateName: () => string;
  /** The hub of a name, or undefined where there is no binding to one. */
  readonly hub: ((name: string) => Hub) | undefined;
}

/** An attempt of an isolate has to end within the 30 s that a Worker may go on after its answer. */
const MAX_ATTEMPT_MS = 15_000;

/** The name of a shard's hub, which is also the `instance` of its series. */
function hubName(shard: number): string {
  return `hub-${shard}`;
}

/** With hubs an isolate hands its deltas to one; without, it pushes its own totals, or keeps them. */
export function createEdgeMetrics(parts: EdgeParts): EdgeMetrics {
  if (parts.hub) return createHubMetrics(parts, parts.hub);
  if (parts.config.REMOTE_WRITE_URL !== undefined) return createIsolateMetrics(parts);
  return { afterRequest: async () => {}, snapshot: async () => parts.telemetry.snapshot() };
}

function createHubMetrics(parts: EdgeParts, hub: (name: string) => Hub): EdgeMetrics {
  const { config, telemetry, clock, log, newIsolateName } = parts;
  const shards = config.METRICS_SHARDS;
  const outbox = once(() => {
    const isolate = newIsolateName();
    const name = hubName(hash(isolate) % shards);
    return new DeltaOutbox({
      families: Object.values(telemetry.catalog),
      isolate,
      apply: (delta) => hub(name).apply(delta),
      now: clock.wallTime,
    });
  });
  const flush = defer(parts, () => outbox().flush());
  return {
    afterRequest: () => flush.request(),
    snapshot: async () => {
      await outbox()
        .flush()
        .catch((error: unknown) => log.warn({ err: error }, 'the hub cannot be reached'));
      const names = Array.from({ length: shards }, (_, shard) => hubName(shard));
      const snapshots = await Promise.all(
        names.map(async (name) => ({ name, ...(await hub(name).snapshot()) })),
      );
      return combine(snapshots, clock.wallTime());
    },
  };
}

function createIsolateMetrics(parts: EdgeParts): EdgeMetrics {
  const { config, telemetry, version, clock, log, newIsolateName } = parts;
  const push = once(() => {
    const common = { job: config.METRICS_JOB, instance: newIsolateName() };
    const made = createPusher({
      config,
      version,
      snapshot: async () => telemetry.snapshot(),
      common: () => common,
      batches: new MemoryBatches(),
      observer: new DeliveryRecorder(telemetry.catalog, log, clock.wallTime),
      clock,
      maxTimeoutMs: MAX_ATTEMPT_MS,
    });
    if (!made) return async () => true;
    const { pusher, queue } = made;
    return async () => {
      await pusher.capture();
      await queue.deliverAlone(ABANDONED_MS);
      // What still waits goes with the next push.
      return true;
    };
  });
  const flush = defer(parts, () => push()());
  return { afterRequest: () => flush.request(), snapshot: async () => telemetry.snapshot() };
}

function defer({ config, clock, log, wait }: EdgeParts, work: () => Promise<boolean>): Deferred {
  return new Deferred({
    delayMs: config.METRICS_FLUSH_SECONDS * 1000,
    wait,
    now: clock.wallTime,
    work,
    onFault: (error) => log.warn({ err: error }, 'metrics wait to be flushed'),
  });
}

/** Every hub's totals added up, and what each counts of its own work under its name. */
function combine(
  snapshots: readonly (HubSnapshot & { readonly name: string })[],
  now: number,
): FamilySnapshot[] {
  const totals = new Totals();
  for (const snapshot of snapshots) totals.add(snapshot.totals, now);
  const own = new Map<string, FamilySnapshot>();
  for (const { name, own: families } of snapshots) {
    for (const family of families) {
      if (family.type === 'histogram') continue;
      const labelled = family.series.map(({ labels, value }) => ({
        labels: { hub: name, ...labels },
        value,
      }));
      const before = own.get(family.name);
      const series = before && before.type !== 'histogram' ? before.series : [];
      own.set(family.name, { ...family, series: [...series, ...labelled] });
    }
  }
  return [...totals.snapshot(), ...own.values()];
}

/** FNV-1a, 32 bit: spreads names over shards evenly. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  }
  return value;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
