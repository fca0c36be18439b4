import type { HttpObserver, RequestEvent } from '../http/observe.ts';
import type { InferenceObserver, LoadedModel, RunEvent } from '../inference/types.ts';
import type { Catalog } from './catalog.ts';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Writes what HTTP and inference report into the catalogue. */
export class Recorder implements HttpObserver, InferenceObserver {
  private readonly catalog: Catalog;

  constructor(catalog: Catalog) {
    this.catalog = catalog;
  }

  requestStarted(): void {
    this.catalog.httpRequestsInFlight.cell().add(1);
  }

  requestEnded({ method, route, status, seconds }: RequestEvent): void {
    this.catalog.httpRequestsInFlight.cell().add(-1);
    const known = METHODS.has(method) ? method : 'unknown';
    this.catalog.httpRequestDuration
      .cell(known, route ?? 'unknown', String(status))
      .observe(seconds);
  }

  ran({ model, version, rows, seconds }: RunEvent): void {
    this.catalog.predictionTime.cell(model, version).observe(seconds);
    this.catalog.predictionRows.cell(model, version).add(rows);
  }

  /** Names a model that is being served. Its counters start at zero, so that a rate sees its first run. */
  loaded({ name, version, sha256, loadSeconds }: LoadedModel, runtime: string): void {
    this.catalog.modelInfo.cell(name, version, sha256, runtime).set(1);
    this.catalog.modelLoadTime.cell(name, version).set(loadSeconds);
    this.catalog.predictionTime.cell(name, version);
    this.catalog.predictionRows.cell(name, version);
  }

  built(version: string, runtime: string): void {
    this.catalog.buildInfo.cell(version, runtime).set(1);
  }
}
