import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import { createPusher } from '../remote-write/create.ts';
import { PushLoop, type Sleep } from '../remote-write/loop.ts';
import { MemoryBatches } from '../remote-write/queue.ts';
import { DeliveryRecorder } from './record-delivery.ts';
import type { FamilySnapshot } from './snapshot.ts';
import type { Telemetry } from './telemetry.ts';

/** What a process pushes, and how. */
export interface PushParts {
  readonly config: Config;
  readonly version: string;
  /** Where the server listens, which tells its series apart: host and port. */
  readonly place: string;
  readonly snapshot: () => Promise<readonly FamilySnapshot[]>;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly log: Logger;
  readonly sleep: Sleep;
}

/** Begins to push a process's own metrics to the receiver that the settings name, if they name one. */
export function startPushing(parts: PushParts): PushLoop | undefined {
  const { config, version, place, snapshot, telemetry, clock, log, sleep } = parts;
  const common = { job: config.METRICS_JOB, instance: config.METRICS_INSTANCE ?? place };
  const made = createPusher({
    config,
    version,
    snapshot,
    common: () => common,
    batches: new MemoryBatches(),
    observer: new DeliveryRecorder(telemetry.catalog, log, clock.wallTime),
    clock,
  });
  if (!made) return undefined;
  const loop = new PushLoop({
    ...made,
    intervalMs: config.REMOTE_WRITE_INTERVAL_SECONDS * 1000,
    sleep,
    now: clock.now,
    onFault: (error) => {
      telemetry.catalog.telemetryFaults.cell().add(1);
      log.error({ err: error }, 'a push failed');
    },
  });
  loop.start();
  return loop;
}
