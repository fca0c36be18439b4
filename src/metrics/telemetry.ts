import type { Clock } from '../clock.ts';
import type { HttpObserver, PredictionObserver } from '../http/observe.ts';
import type { InferenceObserver } from '../inference/types.ts';
import type { Logger } from '../log.ts';
import { type Catalog, createCatalog } from './catalog.ts';
import { DriftCounters, type DriftOptions } from './drift.ts';
import { Recorder } from './record.ts';
import type { FamilySnapshot } from './snapshot.ts';

/** Where protocols, inference and the entries report to. */
export type Observer = HttpObserver & PredictionObserver & InferenceObserver;

/** A process's own metrics: where to report, and how to read them. */
export interface Telemetry {
  readonly catalog: Catalog;
  readonly observer: Observer;
  readonly snapshot: () => readonly FamilySnapshot[];
}

/** @param options.drift how what models meet is counted; not at all without it, or with 0 features */
export function createTelemetry(options: {
  version: string;
  runtime: string;
  clock: Clock;
  log: Logger;
  drift?: DriftOptions;
}): Telemetry {
  const { version, runtime, clock, log } = options;
  const catalog = createCatalog();
  const drift = options.drift?.maxFeatures ? new DriftCounters(catalog, options.drift) : undefined;
  catalog.buildInfo.cell(version, runtime).set(1);
  catalog.telemetryFaults.cell();

  let logged = false;
  const onFault = (error: unknown) => {
    catalog.telemetryFaults.cell().add(1);
    if (!logged) log.error({ err: error }, 'telemetry fault; further ones are only counted');
    logged = true;
  };
  return {
    catalog,
    observer: neverFailing(new Recorder(catalog, clock.wallTime, drift), onFault),
    snapshot: () => Object.values(catalog).map((family) => family.snapshot()),
  };
}

/** The same observer, whose faults end here and cannot fail what it observes. */
export function neverFailing(observer: Observer, onFault: (error: unknown) => void): Observer {
  const guard =
    <Event extends unknown[]>(report: (...event: Event) => void) =>
    (...event: Event): void => {
      try {
        report(...event);
      } catch (error) {
        onFault(error);
      }
    };
  return {
    requestStarted: guard(() => observer.requestStarted()),
    requestEnded: guard((event) => observer.requestEnded(event)),
    predictionEnded: guard((event) => observer.predictionEnded(event)),
    failed: guard((code) => observer.failed(code)),
    accepted: guard((event) => observer.accepted(event)),
    ran: guard((event) => observer.ran(event)),
    waited: guard((event) => observer.waited(event)),
    loaded: guard((model, runtime) => observer.loaded(model, runtime)),
    unloaded: guard((model, runtime) => observer.unloaded(model, runtime)),
    loadFailed: guard((failure) => observer.loadFailed(failure)),
  };
}
