import { DurableObject } from 'cloudflare:workers';
import pino from 'pino';
import packageJson from '../../package.json' with { type: 'json' };
import { eventClock } from '../clock.ts';
import { type Config, parseConfig } from '../config.ts';
import { workerLogOptions } from '../log.ts';
import { createDeliveryQueue } from '../remote-write/create.ts';
import { Pusher } from '../remote-write/pusher.ts';
import { type Catalog, createCatalog } from './catalog.ts';
import type { Delta } from './delta.ts';
import type { Family, FamilySnapshot } from './family.ts';
import { HubStorage } from './hub-storage.ts';
import { DeliveryRecorder } from './record-delivery.ts';
import { Totals } from './totals.ts';

/** The name of a shard's hub, which is also the `instance` of its series. */
export function hubName(shard: number): string {
  return `hub-${shard}`;
}

/**
 * Owns a share of the edge's totals. Isolates hand it their deltas, each of which it applies once; every
 * interval it takes a snapshot of the totals and delivers it by remote write. A series of the edge so has one
 * writer, and does not reset when an isolate goes.
 *
 * Totals, and which deltas are in them, change in one transaction before a delta is answered for. Snapshots
 * wait in storage until the receiver has them.
 */
export class MetricsHub extends DurableObject {
  private readonly config: Config;
  private readonly log: pino.Logger;
  private readonly kept: HubStorage;
  private readonly totals: Totals;
  /** What the hub itself counts, on its way into the totals. */
  private readonly own: Catalog = createCatalog();
  private readonly pusher: Pusher | undefined;
  private armed = false;

  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    super(context, env);
    this.config = parseConfig({ ...env });
    this.log = pino(workerLogOptions(this.config.LOG_LEVEL));
    this.kept = new HubStorage(context.storage.sql);
    this.totals = new Totals(this.kept.loadSeries());
    const clock = eventClock(() => scheduler.wait(0));
    const queue = createDeliveryQueue({
      config: this.config,
      version: packageJson.version,
      batches: this.kept,
      observer: new DeliveryRecorder(this.own, this.log, clock.wallTime),
      clock,
    });
    this.pusher =
      queue &&
      new Pusher({
        snapshot: async () => this.collect(),
        common: { job: this.config.METRICS_JOB, instance: this.instance },
        queue,
        wallTime: clock.wallTime,
      });
    this.pusher?.remember(this.totals.snapshot());
  }

  /** Takes an isolate's delta into the totals, unless it already has it. Done means kept. */
  async apply({ isolate, sequence, families }: Delta): Promise<void> {
    const now = Date.now();
    const isNew = this.kept.lastSequence(isolate) < sequence;
    this.own.hubDeltas.cell(isNew ? 'applied' : 'duplicate').add(1);
    this.change(() => {
      this.addToTotals([this.own.hubDeltas.take()], now);
      if (!isNew) return;
      this.addToTotals(families, now);
      this.kept.saveSequence(isolate, sequence, now);
    });
    if (!this.armed) await this.arm();
  }

  /** The totals as they stand. */
  async snapshot(): Promise<FamilySnapshot[]> {
    return this.collect();
  }

  /** Takes a snapshot when one is due, and delivers what waits. Whatever fails, it is armed again. */
  override async alarm(): Promise<void> {
    const interval = this.config.REMOTE_WRITE_INTERVAL_SECONDS * 1000;
    let next = Date.now() + interval;
    try {
      if (!this.pusher) return;
      next = await this.captureWhenDue(this.pusher, interval);
      const wait = await this.deliverUntil(this.pusher, next);
      if (wait !== undefined) next = Math.min(next, Date.now() + wait);
    } catch (error) {
      this.log.error({ err: error }, 'hub alarm failed');
    } finally {
      this.collect();
      if (this.pusher) await this.ctx.storage.setAlarm(next);
    }
  }

  /**
   * Delivers what waits, but no longer than until `time`: a receiver that hangs must not keep the next
   * snapshot from being taken. Delivery then goes on without this alarm, and the next one joins it.
   *
   * @returns milliseconds to wait before the next delivery, or undefined when nothing waits
   */
  private async deliverUntil(pusher: Pusher, time: number): Promise<number | undefined> {
    const delivery = pusher.deliver();
    this.ctx.waitUntil(delivery.catch(() => {}));
    // A timer left running would keep the hub awake.
    const timer = new AbortController();
    const { signal } = timer;
    const timeUp = scheduler.wait(Math.max(time - Date.now(), 0), { signal }).catch(() => {});
    const wait = await Promise.race([delivery, timeUp]);
    timer.abort();
    return wait ?? undefined;
  }

  private get instance(): string {
    return this.ctx.id.name ?? hubName(0);
  }

  /** @returns when the next snapshot is due */
  private async captureWhenDue(pusher: Pusher, interval: number): Promise<number> {
    const now = Date.now();
    const due = this.kept.nextCapture();
    if (now < due) return due;
    this.change(() => {
      for (const series of this.totals.expire()) this.kept.deleteSeries(series);
      this.kept.pruneSequences(now);
    });
    await pusher.capture();
    // In step with the last one, unless that is more than an interval ago.
    const next = due + interval > now ? due + interval : now + interval;
    this.kept.saveNextCapture(next);
    return next;
  }

  /** The totals, what the hub itself has counted included. */
  private collect(): FamilySnapshot[] {
    const own = Object.values<Family>(this.own).map((family) => family.take());
    this.change(() => this.addToTotals(own, Date.now()));
    return this.totals.snapshot();
  }

  private addToTotals(families: readonly FamilySnapshot[], now: number): void {
    for (const series of this.totals.add(families, now)) this.kept.saveSeries(series);
  }

  /** Makes changes in one transaction. Should it fail, the totals in memory are no longer what is kept. */
  private change(make: () => void): void {
    try {
      this.ctx.storage.transactionSync(make);
    } catch (error) {
      this.ctx.abort(`the hub's storage failed: ${String(error)}`);
      throw error;
    }
  }

  private async arm(): Promise<void> {
    this.armed = true;
    if (!this.pusher || (await this.ctx.storage.getAlarm()) !== null) return;
    await this.ctx.storage.setAlarm(Date.now() + this.config.REMOTE_WRITE_INTERVAL_SECONDS * 1000);
  }
}
