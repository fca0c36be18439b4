import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import { createDeliveryQueue } from '../remote-write/create.ts';
import { Pusher } from '../remote-write/pusher.ts';
import { MemoryBatches } from '../remote-write/queue.ts';
import { Deferred, type Delta, DeltaOutbox } from './delta.ts';
import type { FamilySnapshot } from './family.ts';
import { DeliveryRecorder } from './record-delivery.ts';
import type { Telemetry } from './telemetry.ts';
import { Totals } from './totals.ts';

/** A hub, as an isolate reaches it. */
export interface Hub {
  apply(delta: Delta): Promise<unknown>;
  snapshot(): Promise<readonly FamilySnapshot[]>;
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
  /** The hub of a shard, or undefined where there is no binding to one. */
  readonly hub: ((shard: number) => Hub) | undefined;
}

/** With hubs an isolate hands its deltas to one; without, it pushes its own totals, or keeps them. */
export function createEdgeMetrics(parts: EdgeParts): EdgeMetrics {
  if (parts.hub) return createHubMetrics(parts, parts.hub);
  if (parts.config.REMOTE_WRITE_URL !== undefined) return createIsolateMetrics(parts);
  return { afterRequest: async () => {}, snapshot: async () => parts.telemetry.snapshot() };
}

function createHubMetrics(parts: EdgeParts, hub: (shard: number) => Hub): EdgeMetrics {
  const { config, telemetry, clock, log, newIsolateName } = parts;
  const shards = config.METRICS_SHARDS;
  const outbox = once(() => {
    const isolate = newIsolateName();
    const shard = hash(isolate) % shards;
    return new DeltaOutbox({
      families: Object.values(telemetry.catalog),
      isolate,
      apply: (delta) => hub(shard).apply(delta),
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
      const names = Array.from({ length: shards }, (_, shard) => shard);
      const snapshots = await Promise.all(names.map((shard) => hub(shard).snapshot()));
      return sum(snapshots, clock.wallTime());
    },
  };
}

function createIsolateMetrics(parts: EdgeParts): EdgeMetrics {
  const { config, telemetry, version, clock, log, newIsolateName } = parts;
  const pusher = once(() => {
    const queue = createDeliveryQueue({
      config,
      version,
      batches: new MemoryBatches(),
      observer: new DeliveryRecorder(telemetry.catalog, log, clock.wallTime),
      clock,
    });
    const common = { job: config.METRICS_JOB, instance: newIsolateName() };
    const snapshot = async () => telemetry.snapshot();
    return queue && new Pusher({ snapshot, common, queue, wallTime: clock.wallTime });
  });
  const push = defer(parts, async () => {
    await pusher()?.capture();
    await pusher()?.deliver();
  });
  return { afterRequest: () => push.request(), snapshot: async () => telemetry.snapshot() };
}

function defer({ config, clock, log, wait }: EdgeParts, work: () => Promise<unknown>): Deferred {
  return new Deferred({
    delayMs: config.METRICS_FLUSH_SECONDS * 1000,
    wait,
    now: clock.wallTime,
    work,
    onFault: (error) => log.warn({ err: error }, 'metrics wait to be flushed'),
  });
}

/** One set of totals out of every shard's. */
function sum(snapshots: readonly (readonly FamilySnapshot[])[], now: number): FamilySnapshot[] {
  const totals = new Totals();
  for (const snapshot of snapshots) totals.add(snapshot, now);
  return totals.snapshot();
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
