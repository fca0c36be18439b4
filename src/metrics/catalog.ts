import { Counter, type Family, Gauge, Histogram } from './family.ts';

/**
 * 100 µs to 10 s, three bounds a decade: a small model's run and a large one's both land mid-range. One bound is the
 * budget of the alert on latency, so that what it compares is counted and not interpolated.
 */
const SECONDS = [
  0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10,
] as const;

/** 1 to 1024 rows, doubling. */
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

/**
 * Every metric, once: its name, type, help, labels and buckets. docs/metrics.md is held to this by a test.
 *
 * Labels are bounded: `model` and `version` are of the repository, and `unknown` where a request names
 * none of it; `class` is of the model's card or `other`, `feature` and `bin` are of the card; `route` is a
 * pattern of the route table or `unknown`; `method` is an HTTP method or `unknown`; `status` is one that the
 * server sends; `code` is of the error table; `protocol`, `outcome`, `reason` and `runtime` are from short lists in
 * the code.
 */
export function createCatalog() {
  return {
    predictionTime: new Histogram({
      name: 'prediction_time_seconds',
      help: 'Time of one inference run, without queue and network.',
      labels: ['model', 'version'],
      bounds: SECONDS,
    }),
    predictionQueueTime: new Histogram({
      name: 'prediction_queue_time_seconds',
      help: 'Time from the acceptance of a request to its run.',
      labels: ['model', 'version'],
      bounds: SECONDS,
    }),
    predictionBatchRows: new Histogram({
      name: 'prediction_batch_rows',
      help: 'Rows in one run.',
      labels: ['model', 'version'],
      bounds: ROWS,
    }),
    predictionRequests: new Counter({
      name: 'prediction_requests_total',
      help: 'Requests for a prediction, by how they ended: ok, invalid, rejected, timeout or failed.',
      labels: ['model', 'version', 'protocol', 'outcome'],
    }),
    predictionRequestSeconds: new Counter({
      name: 'prediction_request_seconds_total',
      help: 'Time of requests for a prediction from their arrival to their answer, by how they ended.',
      labels: ['model', 'version', 'outcome'],
    }),
    predictionLast: new Gauge({
      name: 'prediction_last_timestamp_seconds',
      help: 'When a model last ran, in seconds since the Unix epoch.',
      labels: ['model', 'version'],
    }),
    predictionRows: new Counter({
      name: 'prediction_rows_total',
      help: 'Rows predicted.',
      labels: ['model', 'version'],
    }),
    predictionClass: new Counter({
      name: 'prediction_class_total',
      help: 'Rows by the class that was predicted for them.',
      labels: ['model', 'version', 'class'],
    }),
    predictionFeatureBin: new Counter({
      name: 'prediction_feature_bin_total',
      help: 'Rows by the bin of the training data that the value of a feature is in, named by its upper edge.',
      labels: ['model', 'version', 'feature', 'bin'],
      keptTogether: ['feature', 'bin'],
    }),
    predictionFeatureReference: new Gauge({
      name: 'prediction_feature_reference_ratio',
      help: 'Share of the rows of the training data in each bin of a feature.',
      labels: ['model', 'version', 'feature', 'bin'],
      keptTogether: ['feature', 'bin'],
    }),
    predictionFeaturesLeftOut: new Gauge({
      name: 'prediction_features_left_out',
      help: 'Features with reference statistics that are not counted, being more than DRIFT_MAX_FEATURES.',
      labels: ['model', 'version'],
    }),
    predictionOutputBin: new Counter({
      name: 'prediction_output_bin_total',
      help: "Rows by the bin of the training data's predictions that the prediction of a regressor is in.",
      labels: ['model', 'version', 'bin'],
      keptTogether: ['bin'],
    }),
    predictionOutputReference: new Gauge({
      name: 'prediction_output_reference_ratio',
      help: 'Share of the rows of the training data in each bin of the predictions.',
      labels: ['model', 'version', 'bin'],
      keptTogether: ['bin'],
    }),
    predictionClassReference: new Gauge({
      name: 'prediction_class_reference_ratio',
      help: 'Share of the rows of the training data in each class.',
      labels: ['model', 'version', 'class'],
      keptTogether: ['class'],
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
    modelLoadFailures: new Counter({
      name: 'model_load_failures_total',
      help: 'Models that could not be loaded, by the reason of the table in docs/errors.md.',
      labels: ['model', 'version', 'reason'],
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
      perProcess: true,
    }),
    httpConnections: new Gauge({
      name: 'http_connections',
      help: 'Connections that are open now; of Node alone.',
      labels: [],
      perProcess: true,
    }),
    requestErrors: new Counter({
      name: 'request_errors_total',
      help: 'Requests and connections that were answered with an error, by its code.',
      labels: ['code'],
    }),
    remoteWriteSamples: new Counter({
      name: 'remote_write_samples_total',
      help: 'Samples that left the queue: sent, rejected by the receiver, or dropped for want of room.',
      labels: ['outcome'],
    }),
    remoteWriteRequests: new Counter({
      name: 'remote_write_requests_total',
      help: 'Attempts to deliver: sent, to be retried, or rejected.',
      labels: ['outcome'],
    }),
    remoteWritePending: new Gauge({
      name: 'remote_write_pending_samples',
      help: 'Samples waiting to be delivered.',
      labels: [],
    }),
    remoteWriteLastSuccess: new Gauge({
      name: 'remote_write_last_success_timestamp_seconds',
      help: 'When samples were last delivered, in seconds since the Unix epoch; 0 before the first time.',
      labels: [],
    }),
    hubDeltas: new Counter({
      name: 'metrics_hub_deltas_total',
      help: 'Deltas that a hub was handed: applied, or a duplicate that it already had.',
      labels: ['outcome'],
    }),
    telemetryFaults: new Counter({
      name: 'telemetry_faults_total',
      help: 'Observations lost to a fault of the telemetry itself.',
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
