import { type Context, Hono, type MiddlewareHandler } from 'hono';
import type { Clock } from './clock.ts';
import { type Config, ConfigError } from './config.ts';
import { AppError } from './errors.ts';
import { answerJson } from './http/answer.ts';
import { requireToken } from './http/bearer.ts';
import { type BodyReader, readRequestBody } from './http/body.ts';
import { drain, type Lifecycle } from './http/draining.ts';
import { errorBody } from './http/error-body.ts';
import { refuseOtherMethods } from './http/methods.ts';
import { type HttpObserver, observe, type RequestVariables } from './http/observe.ts';
import type { ModelRepository } from './inference/repository.ts';
import type { Logger } from './log.ts';
import { scrape } from './metrics/scrape.ts';
import type { FamilySnapshot } from './metrics/snapshot.ts';
import { describeModel, listModels, readiness } from './protocols/models.ts';
import { predict } from './protocols/predict.ts';

/** What the app is made of; an entry wires it for its runtime, a test for its case. */
export interface Services {
  readonly config: Pick<
    Config,
    'DEFAULT_MODEL' | 'MAX_BODY_BYTES' | 'METRICS_TOKEN' | 'REQUEST_TIMEOUT_MS'
  >;
  readonly models: ModelRepository;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: HttpObserver;
  readonly lifecycle: Lifecycle;
  /** Reads a body, where the runtime has a better way than the Request's own stream. */
  readonly readBody?: BodyReader;
  /** Whether the client of a request has gone, where the runtime can tell. */
  readonly isClientGone?: (c: Context) => boolean;
  /** Compresses an answer as this runtime does it. */
  readonly compress: MiddlewareHandler;
  /** The metrics as they stand now. */
  readonly snapshot: () => Promise<readonly FamilySnapshot[]>;
}

/** The whole of Kilat's HTTP: every middleware and route, in order. */
export function createApp(services: Services) {
  const { config, models, clock, log, observer, lifecycle, compress, snapshot } = services;
  const app = new Hono<{ Variables: RequestVariables }>();
  const defaultModel = chooseDefault(config.DEFAULT_MODEL, models.names());
  const predictions = predict({
    models,
    defaultModel,
    readBody: services.readBody ?? readRequestBody,
    maxBodyBytes: config.MAX_BODY_BYTES,
    timeoutMs: config.REQUEST_TIMEOUT_MS,
    isClientGone: services.isClientGone ?? (() => false),
  });

  app.use(observe({ clock, log, observer }));
  app.use(drain(lifecycle));

  app.post('/predict', predictions);
  app.post('/models/:name/predict', predictions);
  app.post('/models/:name/versions/:version/predict', predictions);

  app.get('/models', listModels(models, defaultModel));
  app.get('/models/:name', describeModel(models));

  app.get('/healthz', (c) => answerJson(c, { alive: true }));
  app.get('/readyz', readiness(models));
  app.get('/metrics', requireToken(config.METRICS_TOKEN), compress, scrape(snapshot));

  refuseOtherMethods(app);
  // A route and not Hono's notFound, so that what it throws takes the way of every other error.
  app.all('*', (c) => {
    throw new AppError('not_found', `there is no endpoint ${c.req.path.slice(0, 200)}`);
  });
  app.onError(errorBody(log));
  return app;
}

/**
 * The configured model, else the only one, else the one that ships with Kilat.
 *
 * @throws ConfigError when the configured one is not there
 */
function chooseDefault(configured: string | undefined, names: readonly string[]) {
  if (configured !== undefined && !names.includes(configured)) {
    throw new ConfigError(
      `wrong settings:\n  DEFAULT_MODEL: expected one of the models that are there: ${names.join(', ')}`,
    );
  }
  if (configured !== undefined) return configured;
  return names.length === 1 ? names[0] : names.find((name) => name === 'breast-cancer');
}
