import { ERRORS, type ErrorCode } from '../errors.ts';
import type {
  HttpObserver,
  PredictionEvent,
  PredictionObserver,
  RequestEvent,
} from '../http/observe.ts';
import type {
  AcceptedEvent,
  InferenceObserver,
  LoadedModel,
  LoadFailure,
  RunEvent,
  WaitEvent,
} from '../inference/types.ts';
import type { Catalog } from './catalog.ts';
import type { DriftCounters } from './drift.ts';
import type { HistogramCell } from './family.ts';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** How a request for a prediction can end. */
const OUTCOMES = ['ok', 'invalid', 'rejected', 'timeout', 'failed'] as const;
type Outcome = (typeof OUTCOMES)[number];

/** Writes what protocols and inference report into the catalogue. */
export class Recorder implements HttpObserver, PredictionObserver, InferenceObserver {
  private readonly catalog: Catalog;
  private readonly wallTime: () => number;
  private readonly drift: DriftCounters | undefined;

  /**
   * @param wallTime milliseconds since the Unix epoch, for exemplars
   * @param drift counts what models meet; without it nobody does
   */
  constructor(catalog: Catalog, wallTime: () => number, drift?: DriftCounters) {
    this.catalog = catalog;
    this.wallTime = wallTime;
    this.drift = drift;
    // Every code begins at zero, so that a rate sees its first error.
    for (const code of Object.keys(ERRORS)) catalog.requestErrors.cell(code);
  }

  requestStarted(): void {
    this.catalog.httpRequestsInFlight.cell().add(1);
  }

  requestEnded({ method, route, status, seconds, code, prediction, traceId }: RequestEvent): void {
    this.catalog.httpRequestsInFlight.cell().add(-1);
    const known = METHODS.has(method) ? method : 'unknown';
    const duration = this.catalog.httpRequestDuration.cell(
      known,
      route ?? 'unknown',
      String(status),
    );
    this.observe(duration, seconds, traceId);
    if (code) this.failed(code);
    if (prediction) this.predictionEnded({ prediction, seconds, code });
  }

  failed(code: ErrorCode): void {
    this.catalog.requestErrors.cell(code).add(1);
  }

  predictionEnded({ prediction, seconds, code }: PredictionEvent): void {
    const { model = 'unknown', version = 'unknown', protocol } = prediction;
    const outcome = outcomeOf(code);
    const requests = this.catalog.predictionRequests;
    const counted = requests.cell(model, version, protocol, outcome);
    if (counted.value === 0) {
      // The others begin with the first one, so that a rate sees their first event as well.
      for (const other of OUTCOMES) requests.cell(model, version, protocol, other);
    }
    counted.add(1);
    this.catalog.predictionRequestSeconds.cell(model, version, outcome).add(seconds);
  }

  accepted(event: AcceptedEvent): void {
    this.drift?.accepted(event);
  }

  ran(event: RunEvent): void {
    const { model, version, rows, seconds, countClasses, traceId } = event;
    this.observe(this.catalog.predictionTime.cell(model, version), seconds, traceId);
    this.catalog.predictionBatchRows.cell(model, version).observe(rows);
    this.catalog.predictionRows.cell(model, version).add(rows);
    this.catalog.predictionLast.cell(model, version).set(this.wallTime() / 1000);
    for (const [name, count] of countClasses?.() ?? []) {
      this.catalog.predictionClass.cell(model, version, name).add(count);
    }
    this.drift?.ran(event);
  }

  waited({ model, version, seconds }: WaitEvent): void {
    this.catalog.predictionQueueTime.cell(model, version).observe(seconds);
  }

  /** Names a model that is being served. Its counters start at zero, so that a rate sees its first run. */
  loaded(model: LoadedModel, runtime: string): void {
    const { name, version, sha256, loadSeconds, labels } = model;
    this.catalog.modelInfo.cell(name, version, sha256, runtime).set(1);
    this.catalog.modelLoadTime.cell(name, version).set(loadSeconds);
    this.catalog.predictionTime.cell(name, version);
    this.catalog.predictionQueueTime.cell(name, version);
    this.catalog.predictionBatchRows.cell(name, version);
    this.catalog.predictionRows.cell(name, version);
    for (const label of labels) this.catalog.predictionClass.cell(name, version, label);
    this.drift?.loaded(model);
  }

  /** What it has done stays counted; it is no longer among the models that are loaded. */
  unloaded(model: LoadedModel, runtime: string): void {
    const { name, version, sha256 } = model;
    this.catalog.modelInfo.delete(name, version, sha256, runtime);
    this.catalog.modelLoadTime.delete(name, version);
    this.drift?.unloaded(model);
  }

  loadFailed({ name, version, fault }: LoadFailure): void {
    this.catalog.modelLoadFailures.cell(name, version, fault).add(1);
  }

  private observe(cell: HistogramCell, value: number, traceId: string | undefined): void {
    const bucket = cell.observe(value);
    if (traceId === undefined) return;
    const labels = { trace_id: traceId };
    cell.exemplars[bucket] = { labels, value, timestamp: this.wallTime() / 1000 };
  }
}

function outcomeOf(code: ErrorCode | undefined): Outcome {
  if (code === undefined) return 'ok';
  const { status }: { status: number } = ERRORS[code];
  if (status < 500) return 'invalid';
  if (status === 503) return 'rejected';
  return status === 504 ? 'timeout' : 'failed';
}
