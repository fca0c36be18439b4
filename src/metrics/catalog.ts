import { Counter, type Family, Gauge, Histogram } from './family.ts';

/** 100 µs to 10 s, three bounds a decade: a small model's run and a large one's both land mid-range. */
const SECONDS = [
  0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
] as const;

/**
 * Every metric, once: its name, type, help, labels and buckets. docs/metrics.md is held to this by a test.
 *
 * Labels are bounded: `model` and `version` are of loaded models; `route` is a pattern of the route table
 * or `unknown`; `method` is a registered HTTP method or `unknown`; `status` is a status the server sends.
 */
export function createCatalog() {
  return {
    predictionTime: new Histogram({
      name: 'prediction_time_seconds',
      help: 'Time of one inference run, without queue and network.',
      labels: ['model', 'version'],
      bounds: SECONDS,
    }),
    predictionRows: new Counter({
      name: 'prediction_rows_total',
      help: 'Rows predicted.',
      labels: ['model', 'version'],
    }),
    modelInfo: new Gauge({
      name: 'model_info',
      help: 'Models that are loaded; always 1.',
      labels: ['model', 'version', 'sha256', 'runtime'],
    }),
    modelLoadTime: new Gauge({
      name: 'model_load_time_seconds',
      help: 'Time it took to create the session of a loaded model.',
      labels: ['model', 'version'],
    }),
    httpRequestDuration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the arrival of a request to its answer.',
      labels: ['method', 'route', 'status'],
      bounds: SECONDS,
    }),
    httpRequestsInFlight: new Gauge({
      name: 'http_requests_in_flight',
      help: 'Requests being answered now.',
      labels: [],
    }),
    buildInfo: new Gauge({
      name: 'build_info',
      help: 'Version of Kilat and the runtime it runs on; always 1.',
      labels: ['version', 'runtime'],
    }),
  } as const satisfies Record<string, Family>;
}

export type Catalog = ReturnType<typeof createCatalog>;
