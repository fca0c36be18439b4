import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { etag } from 'hono/etag';
import type { Clock } from './clock.ts';
import { type Config, ConfigError } from './config.ts';
import { AppError } from './errors.ts';
import { createAccess, requireAccess } from './http/access.ts';
import { answerJson } from './http/answer.ts';
import { type BodyReader, createBodyReader } from './http/body.ts';
import { allowOrigins } from './http/cross-origin.ts';
import { type After, after } from './http/deadline.ts';
import { drain, type Lifecycle } from './http/draining.ts';
import { errorBody } from './http/error-body.ts';
import { whenAsked } from './http/gzip.ts';
import { refuseOtherMethods } from './http/methods.ts';
import { type HttpObserver, observe, type RequestVariables } from './http/observe.ts';
import { PendingBytes } from './http/pending-bytes.ts';
import { RequestLog } from './http/request-log.ts';
import { limitUrl } from './http/url-length.ts';
import { createDefault } from './inference/default-model.ts';
import type { ModelRepository } from './inference/repository.ts';
import type { Logger } from './log.ts';
import { scrape } from './metrics/scrape.ts';
import type { FamilySnapshot } from './metrics/snapshot.ts';
import { describeV1, listV1, predictV1 } from './protocols/kserve-v1.ts';
import { invoke, ping, tellVersion } from './protocols/mlflow.ts';
import { loadModel, unloadModel } from './protocols/model-control.ts';
import { describeModel, listModels, readiness } from './protocols/models.ts';
import { infer } from './protocols/open-inference.ts';
import {
  describeServer,
  isLive,
  isModelReady,
  isServerReady,
  listNames,
  listRepository,
  tellConfig,
  tellModel,
} from './protocols/open-inference-metadata.ts';
import { openApi } from './protocols/openapi.ts';
import { predict } from './protocols/predict.ts';
import type { PredictionServices } from './protocols/prediction.ts';
import { statistics } from './protocols/statistics.ts';
import { type ReadSiteFile, serveAsset, servePage } from './site/site.ts';

/** What the app is made of; an entry wires it for its runtime, a test for its case. */
export interface Services {
  /** Kilat's own. */
  readonly version: string;
  readonly config: Pick<
    Config,
    | 'ADMIN_TOKEN'
    | 'API_TOKEN'
    | 'BODY_TIMEOUT_MS'
    | 'CORS_ORIGINS'
    | 'DEFAULT_MODEL'
    | 'LOG_PAYLOADS'
    | 'LOG_SAMPLE'
    | 'MAX_BATCH_ROWS'
    | 'MAX_BODY_BYTES'
    | 'MAX_JSON_DEPTH'
    | 'MAX_PENDING_BYTES'
    | 'MAX_REQUEST_ROWS'
    | 'MAX_TENSOR_ELEMENTS'
    | 'MAX_URL_BYTES'
    | 'METRICS_TOKEN'
    | 'PAGE'
    | 'REQUEST_TIMEOUT_MS'
  >;
  readonly models: ModelRepository;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: HttpObserver;
  readonly lifecycle: Lifecycle;
  /** Reads a body, where the runtime has a better way than the Request's own stream. */
  readonly readBody?: BodyReader;
  /** Throws an AppError for a prediction that cannot be taken now, whatever it is. */
  readonly admit?: (c: Context) => void | Promise<void>;
  /** Whether the client of a request has gone, where the runtime can tell. */
  readonly isClientGone?: (c: Context) => boolean;
  /** Lets what else has arrived have its turn, where the runtime has one thread for all of it. */
  readonly pause?: () => Promise<void>;
  /** How time is waited for; as the runtime does it, unless a test moves it by hand. */
  readonly after?: After;
  /** Compresses an answer as this runtime does it. */
  readonly compress: MiddlewareHandler;
  /** The metrics as they stand now. */
  readonly snapshot: () => Promise<readonly FamilySnapshot[]>;
  /** Where this runtime keeps the files of the pages. */
  readonly site: ReadSiteFile;
}

/** The whole of Kilat's HTTP: every middleware and route, in order. */
export function createApp(services: Services) {
  const { version, config, models, clock, log, observer, lifecycle, compress, snapshot, site } =
    services;
  const app = new Hono<{ Variables: RequestVariables }>();
  const defaultModel = createDefault(config.DEFAULT_MODEL, models);
  checkDefault(config.DEFAULT_MODEL, models);
  const access = createAccess(config);
  const tokens = { predictions: !access.isOpen('predictions'), metrics: !access.isOpen('metrics') };
  const wait = services.after ?? after;
  const prediction: PredictionServices = {
    models,
    defaultModel,
    authorize: tokens.predictions
      ? (c) => access.check('predictions', c.req.header('Authorization'))
      : undefined,
    admit: services.admit,
    readBody: services.readBody ?? createBodyReader(wait),
    maxBodyBytes: config.MAX_BODY_BYTES,
    bodyTimeoutMs: Math.min(config.BODY_TIMEOUT_MS, config.REQUEST_TIMEOUT_MS),
    maxJsonDepth: config.MAX_JSON_DEPTH,
    pendingBytes: new PendingBytes(config.MAX_PENDING_BYTES ?? Number.POSITIVE_INFINITY),
    size: { maxRows: config.MAX_REQUEST_ROWS, maxElements: config.MAX_TENSOR_ELEMENTS },
    timeoutMs: config.REQUEST_TIMEOUT_MS,
    now: clock.now,
    after: wait,
    isClientGone: services.isClientGone ?? (() => false),
    pause: services.pause ?? (async () => {}),
    logPayloads: config.LOG_PAYLOADS,
  };
  const predictions = predict(prediction);
  const compressAnswers = whenAsked(compress);

  if (config.LOG_PAYLOADS) log.warn({}, 'LOG_PAYLOADS is on: the log holds what clients send');
  app.use(observe({ clock, requestLog: new RequestLog(log, config.LOG_SAMPLE), observer }));
  app.use(limitUrl(config.MAX_URL_BYTES));
  if (config.CORS_ORIGINS) app.use(allowOrigins(config.CORS_ORIGINS));
  app.use(drain(lifecycle));

  app.post('/predict', predictions);
  app.post('/models/:name/predict', predictions);
  app.post('/models/:name/versions/:version/predict', predictions);

  app.get('/models', listModels(models, defaultModel, tokens));
  app.get('/models/:name', describeModel(models));

  // The Open Inference Protocol, with binary tensors; answers are compressed for those who ask for it.
  const inferV2 = infer(prediction);
  const statsV2 = statistics(models, snapshot);
  app.get('/v2', describeServer(version));
  app.get('/v2/', describeServer(version));
  app.get('/v2/health/live', isLive);
  app.get('/v2/health/ready', isServerReady(models));
  app.get('/v2/models', listNames(models));
  app.get('/v2/models/stats', statsV2);
  for (const path of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
    app.get(path, tellModel(models));
    app.get(`${path}/ready`, isModelReady(models));
    app.get(`${path}/config`, tellConfig(models, config.MAX_BATCH_ROWS));
    app.get(`${path}/stats`, statsV2);
    app.post(`${path}/infer`, compressAnswers, inferV2);
  }
  app.post('/v2/repository/index', listRepository(models, prediction));
  const admin = requireAccess(access, 'models');
  app.post('/v2/repository/models/:name/load', admin, loadModel(models, prediction));
  app.post('/v2/repository/models/:name/unload', admin, unloadModel(models, prediction));

  // KServe's first protocol, and TensorFlow Serving's; the verb is the end of the last part of the path.
  const predictionsV1 = predictV1(prediction);
  app.get('/v1/models', listV1(models));
  app.get('/v1/models/:name{[^/:]+}', describeV1(models));
  app.get('/v1/models/:name/versions/:version{[^/:]+}', describeV1(models));
  app.post('/v1/models/:call{[^/]+:predict}', compressAnswers, predictionsV1);
  app.post('/v1/models/:name/versions/:versionCall{[^/]+:predict}', compressAnswers, predictionsV1);

  // MLflow's scoring server.
  app.post('/invocations', compressAnswers, invoke(prediction));
  app.get('/ping', ping(prediction));
  app.get('/health', ping(prediction));
  app.get('/version', tellVersion(version));

  app.get('/openapi.json', openApi(models, version, defaultModel));
  app.get('/healthz', (c) => answerJson(c, { alive: true }));
  app.get('/readyz', readiness(models));
  app.get('/metrics', requireAccess(access, 'metrics'), compress, scrape(snapshot));

  if (config.PAGE === 'on') {
    app.get('/', compress, etag(), servePage(site, 'index.html'));
    app.get('/docs', compress, etag(), servePage(site, 'docs.html'));
    app.get('/assets/:file', compress, serveAsset(site));
  }

  refuseOtherMethods(app);
  // A route and not Hono's notFound, so that what it throws takes the way of every other error.
  app.all('*', (c) => {
    throw new AppError('not_found', `there is no endpoint ${c.req.path.slice(0, 200)}`);
  });
  app.onError(errorBody(log));
  return app;
}

/** @throws ConfigError when the configured model is not there, as far as is known */
function checkDefault(configured: string | undefined, models: ModelRepository): void {
  const names = models.names();
  if (configured === undefined || !models.isListed || names.includes(configured)) return;
  throw new ConfigError(
    `wrong settings:\n  DEFAULT_MODEL: expected one of the models that are there: ${names.join(', ')}`,
  );
}
