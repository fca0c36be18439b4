import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { FamilySnapshot, Labels } from '../metrics/snapshot.ts';
import { Pusher } from './pusher.ts';
import { type DeliveryObserver, DeliveryQueue, type PendingBatches } from './queue.ts';
import { createSender } from './send.ts';

/** What pushes to the receiver that the settings name, or undefined when they name none. */
export function createPusher(options: {
  config: Config;
  version: string;
  snapshot: () => Promise<readonly FamilySnapshot[]>;
  /** Labels of every series: job and instance. */
  common: () => Labels;
  batches: PendingBatches;
  observer: DeliveryObserver;
  clock: Clock;
  /** The longest that an attempt may take, where that is less than the setting. */
  maxTimeoutMs?: number;
}): { pusher: Pusher; queue: DeliveryQueue } | undefined {
  const { config, version, snapshot, common, batches, observer, clock } = options;
  if (config.REMOTE_WRITE_URL === undefined) return undefined;
  const send = createSender({
    receiver: {
      url: config.REMOTE_WRITE_URL,
      username: config.REMOTE_WRITE_USERNAME,
      password: config.REMOTE_WRITE_PASSWORD,
      bearerToken: config.REMOTE_WRITE_BEARER_TOKEN,
    },
    userAgent: `kilat/${version}`,
    timeoutMs: Math.min(
      config.REMOTE_WRITE_TIMEOUT_SECONDS * 1000,
      options.maxTimeoutMs ?? Number.POSITIVE_INFINITY,
    ),
    fetch: (...request) => fetch(...request),
    wallTime: clock.wallTime,
  });
  const queue = new DeliveryQueue({
    batches,
    send,
    maxSamples: config.REMOTE_WRITE_MAX_PENDING_SAMPLES,
    observer,
    now: clock.wallTime,
    random: Math.random,
  });
  return { queue, pusher: new Pusher({ snapshot, common, queue, wallTime: clock.wallTime }) };
}
