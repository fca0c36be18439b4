import { DurableObject } from 'cloudflare:workers';
import pino from 'pino';
import packageJson from '../../package.json' with { type: 'json' };
import { eventClock } from '../clock.ts';
import { type Config, parseConfig } from '../config.ts';
import { workerLogOptions } from '../log.ts';
import { createPusher } from '../remote-write/create.ts';
import type { Pusher } from '../remote-write/pusher.ts';
import { createCatalog } from './catalog.ts';
import type { Delta } from './delta.ts';
import type { HubSnapshot } from './edge.ts';
import { HubStorage } from './hub-storage.ts';
import { DeliveryRecorder } from './record-delivery.ts';
import type { FamilySnapshot } from './snapshot.ts';
import { bucketLayout, Totals } from './totals.ts';

/** How often a hub that pushes nothing clears up, in milliseconds. */
const HOUSEKEEPING_MS = 3_600_000;

/**
 * Owns a share of the edge's totals. Isolates hand it their deltas, each of which it applies once; every
 * interval it takes a snapshot of the totals and delivers it by remote write. A series of the edge so has one
 * writer, and does not reset when an isolate goes.
 *
 * Totals, and which deltas are in them, change in one transaction before a delta is answered for. Snapshots
 * wait in storage until the receiver has them, and what the hub itself counts is kept with every change.
 */
export class MetricsHub extends DurableObject {
  private readonly config: Config;
  private readonly log: pino.Logger;
  private readonly kept: HubStorage;
  private readonly totals: Totals;
  /** What the hub itself counts. */
  private readonly own;
  private readonly pusher: Pusher | undefined;
  private armed = false;

  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    super(context, env);
    this.config = parseConfig({ ...env });
    this.log = pino(workerLogOptions(this.config.LOG_LEVEL));
    this.kept = new HubStorage(context.storage.sql);
    if (this.kept.fact('buckets') !== bucketLayout()) {
      this.kept.deleteHistograms();
      this.kept.saveFact('buckets', bucketLayout());
    }
    this.totals = new Totals(this.kept.loadSeries());
    this.own = this.restoreOwn();

    const clock = eventClock(() => scheduler.wait(0));
    this.pusher = createPusher({
      config: this.config,
      version: packageJson.version,
      snapshot: async () => this.everything(),
      common: () => ({ job: this.config.METRICS_JOB, instance: this.name() }),
      batches: this.kept,
      observer: new DeliveryRecorder(this.own, this.log, clock.wallTime, () => this.saveOwn()),
      clock,
    })?.pusher;
    if (this.kept.fact('name') !== undefined) this.pusher?.remember(this.everything());
  }

  /** Takes an isolate's delta into the totals, unless it already has it. Done means kept. */
  async apply({ isolate, sequence, families }: Delta): Promise<void> {
    const now = Date.now();
    if (this.kept.fact('name') === undefined) this.kept.saveFact('name', this.name());
    const isNew = this.kept.lastSequence(isolate) < sequence;
    this.change(() => {
      this.own.hubDeltas.cell(isNew ? 'applied' : 'duplicate').add(1);
      if (isNew) {
        this.addToTotals(families, now);
        this.kept.saveSequence(isolate, sequence, now);
      }
      this.saveOwn();
    });
    if (!this.armed) await this.arm();
  }

  /** What the hub knows: the edge's totals, and what it counts of its own work. */
  async snapshot(): Promise<HubSnapshot> {
    return { totals: this.totals.snapshot(), own: this.ownFamilies() };
  }

  /** Clears up, takes a snapshot when one is due, and delivers what waits. It is armed again whatever fails. */
  override async alarm(): Promise<void> {
    const interval = this.interval();
    let next = Date.now() + interval;
    try {
      this.clearUp();
      if (this.pusher) {
        next = await this.captureWhenDue(this.pusher, interval);
        const wait = await this.deliverUntil(this.pusher, next);
        if (wait !== undefined) next = Math.min(next, Date.now() + wait);
      }
    } catch (error) {
      this.log.error({ err: error }, 'hub alarm failed');
    } finally {
      await this.ctx.storage.setAlarm(next);
    }
  }

  private addToTotals(families: readonly FamilySnapshot[], now: number): void {
    const { changed, refused } = this.totals.add(families, now);
    this.kept.saveSeries(changed);
    if (refused === 0) return;
    // An isolate of another version counts what this one does not know; that it is lost is counted at least.
    const { telemetryFaults } = createCatalog();
    telemetryFaults.cell().add(refused);
    this.addToTotals([telemetryFaults.take()], now);
  }

  private interval(): number {
    return this.pusher ? this.config.REMOTE_WRITE_INTERVAL_SECONDS * 1000 : HOUSEKEEPING_MS;
  }

  /** The hub's name. An alarm that wakes it does not tell, so it is kept from the first delta on. */
  private name(): string {
    const name = this.ctx.id.name ?? this.kept.fact('name');
    if (name === undefined) throw new Error('a hub is reached by its name');
    return name;
  }

  private clearUp(): void {
    this.change(() => {
      this.kept.deleteSeries(this.totals.expire());
      this.kept.pruneSequences(Date.now());
    });
  }

  /** @returns when the next snapshot is due */
  private async captureWhenDue(pusher: Pusher, interval: number): Promise<number> {
    const now = Date.now();
    // What was kept may be of a longer interval, or of a clock that has been set back.
    const due = Math.min(this.kept.fact('nextCapture') ?? 0, now + interval);
    if (now < due) return due;
    await pusher.capture();
    // In step with the last one, unless that is more than an interval ago.
    const next = due + interval > now ? due + interval : now + interval;
    this.kept.saveFact('nextCapture', next);
    return next;
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

  private everything(): FamilySnapshot[] {
    return [...this.totals.snapshot(), ...this.ownFamilies()];
  }

  private ownFamilies(): FamilySnapshot[] {
    return Object.values(this.own).map((family) => family.snapshot());
  }

  /** The metrics of the hub's own work, with the values that they had. */
  private restoreOwn() {
    const catalog = createCatalog();
    const own = {
      remoteWriteSamples: catalog.remoteWriteSamples,
      remoteWriteRequests: catalog.remoteWriteRequests,
      remoteWritePending: catalog.remoteWritePending,
      remoteWriteLastSuccess: catalog.remoteWriteLastSuccess,
      hubDeltas: catalog.hubDeltas,
    };
    const kept = new Map(this.kept.fact('own')?.map(({ name, series }) => [name, series]));
    for (const family of Object.values(own)) {
      for (const { labels, value } of kept.get(family.name) ?? []) {
        family.cell(...family.labels.map((label) => labels[label] ?? '')).set(value);
      }
    }
    return own;
  }

  private saveOwn(): void {
    const families = Object.values(this.own).map((family) => family.snapshot());
    this.kept.saveFact(
      'own',
      families.map(({ name, series }) => ({ name, series: series.slice() })),
    );
  }

  /** Makes changes in one transaction. Should it fail, what is in memory is no longer what is kept. */
  private change(make: () => void): void {
    try {
      this.ctx.storage.transactionSync(make);
    } catch (error) {
      this.ctx.abort(`the hub's storage failed: ${String(error)}`);
      throw error;
    }
  }

  private async arm(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm(Date.now() + this.interval());
    }
    this.armed = true;
  }
}
