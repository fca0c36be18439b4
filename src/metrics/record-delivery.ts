import type { Logger } from '../log.ts';
import type { DeliveryObserver } from '../remote-write/queue.ts';
import type { Catalog } from './catalog.ts';

type DeliveryFamilies = Pick<
  Catalog,
  'remoteWriteSamples' | 'remoteWriteRequests' | 'remoteWritePending' | 'remoteWriteLastSuccess'
>;

/** Writes what becomes of pushed samples into the catalogue, and what goes wrong into the log. */
export class DeliveryRecorder implements DeliveryObserver {
  private readonly catalog: DeliveryFamilies;
  private readonly log: Logger;
  private readonly wallTime: () => number;
  private readonly changed: () => void;

  /**
   * @param wallTime milliseconds since the Unix epoch
   * @param changed called after every change, at once
   */
  constructor(
    catalog: DeliveryFamilies,
    log: Logger,
    wallTime: () => number,
    changed: () => void = () => {},
  ) {
    this.catalog = catalog;
    this.log = log;
    this.wallTime = wallTime;
    this.changed = changed;
    for (const outcome of ['sent', 'rejected', 'dropped']) catalog.remoteWriteSamples.cell(outcome);
    for (const outcome of ['sent', 'retried', 'rejected'])
      catalog.remoteWriteRequests.cell(outcome);
    catalog.remoteWriteLastSuccess.cell();
  }

  attempted(outcome: 'sent' | 'retried' | 'rejected'): void {
    this.catalog.remoteWriteRequests.cell(outcome).add(1);
    if (outcome === 'sent') this.catalog.remoteWriteLastSuccess.cell().set(this.wallTime() / 1000);
    this.changed();
  }

  left(samples: number, outcome: 'sent' | 'rejected' | 'dropped'): void {
    this.catalog.remoteWriteSamples.cell(outcome).add(samples);
    this.changed();
  }

  pending(samples: number): void {
    this.catalog.remoteWritePending.cell().set(samples);
    this.changed();
  }

  troubled(outcome: 'retried' | 'rejected' | 'dropped', reason: string): void {
    this.log.warn({ outcome, reason }, 'remote write');
  }
}
