import * as z from 'zod';

/** A setting that is a whole number, written as the environment writes it. */
function integer(min: number, max: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z
    .union([z.string().regex(/^\d+$/, expected), z.int(expected)], expected)
    .transform(Number)
    .pipe(z.number().min(min, expected).max(max, expected));
}

/** A setting that is a part of a whole. */
function share(expected: string) {
  return z
    .union([z.string().regex(/^\d*\.?\d+(e-\d+)?$/i, expected), z.number()], expected)
    .transform(Number)
    .pipe(z.number().min(0, expected).max(1, expected));
}

const anyShare = share('expected a number from 0 to 1');

const expectedSome = 'expected a number above 0 and at most 1';
/** One that is not nothing of it. */
const someShare = share(expectedSome).refine((value) => value > 0, expectedSome);

/** A setting that is on or off. */
const flag = z.union(
  [z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' })],
  'expected true or false',
);

/** A secret that travels in a header. It is never repeated, in an error or in a log. */
const secret = z.string().regex(/^[\x20-\x7e\u00a0-\uffff]+$/, 'expected text without line breaks');
/** The same as a bearer token, of which only these characters arrive (RFC 6750, 2.1). */
export const token = z
  .string()
  .regex(/^[A-Za-z0-9._~+/-]+=*$/, 'expected letters, digits and . _ ~ + / - alone');

/** Several of them, any one of which opens the door: so a new one can come in before the old one goes out. */
const tokens = z
  .string()
  .regex(
    /^[A-Za-z0-9._~+/-]+=*(?:,[A-Za-z0-9._~+/-]+=*)*$/,
    'expected letters, digits and . _ ~ + / - alone, with commas between several tokens',
  )
  .transform((text) => text.split(','));

/** Where samples go. Credentials have settings of their own, since a URL ends up in logs. */
const receiverUrl = z
  .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
  .refine((text) => {
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, 'expected no credentials in the URL: use REMOTE_WRITE_USERNAME and REMOTE_WRITE_PASSWORD');

/** A label value, short enough for any database. */
const labelValue = z.string().min(1).max(200, 'expected at most 200 characters');

/** Whom browsers let read the answers: origins as they write them, or everybody. */
const origins = z
  .string()
  .regex(
    /^(?:\*|https?:\/\/[^\s/,?#@*]+(?:,https?:\/\/[^\s/,?#@*]+)*)$/i,
    'expected * or origins such as https://app.example.com, with commas between several',
  )
  .transform((text) => text.split(','));

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Every setting with its default; README's table is held to it by a test. */
const settings = z.object({
  PORT: integer(0, 65535).default(8000),
  GRPC_PORT: integer(0, 65535).optional(),
  HOST: z.string().min(1, 'expected a host name or address').default('127.0.0.1'),
  MODEL_REPOSITORY: z.string().min(1, 'expected a directory').default('./model'),
  MODEL_POLL_SECONDS: integer(0, 86_400).optional(),
  MAX_LOADED_BYTES: integer(1, 2 ** 40).optional(),
  LOAD_ON_DEMAND: flag.default(false),
  DEFAULT_MODEL: z.string().regex(NAME, 'expected a model name').optional(),
  MAX_BODY_BYTES: integer(1, 2 ** 31 - 1).default(8 * 1024 * 1024),
  MAX_PENDING_BYTES: integer(1, 2 ** 40).optional(),
  MAX_JSON_DEPTH: integer(1, 1000).default(64),
  MAX_REQUEST_ROWS: integer(1, 2 ** 31 - 1).default(100_000),
  MAX_TENSOR_ELEMENTS: integer(1, 2 ** 31 - 1).default(16 * 1024 * 1024),
  MAX_URL_BYTES: integer(1, 1024 * 1024).default(8192),
  MAX_HEADER_BYTES: integer(1024, 1024 * 1024).default(16_384),
  MAX_CONNECTIONS: integer(1, 1_000_000).default(2048),
  HEADER_TIMEOUT_MS: integer(1, 3_600_000).default(10_000),
  BODY_TIMEOUT_MS: integer(1, 3_600_000).default(20_000),
  IDLE_TIMEOUT_MS: integer(1, 3_600_000).default(75_000),
  MAX_LOOP_DELAY_MS: integer(0, 3_600_000).default(500),
  MAX_BATCH_ROWS: integer(1, 65_536).default(64),
  MAX_BATCH_DELAY_MS: integer(0, 10_000).default(0),
  MAX_QUEUE_ROWS: integer(1, 10_000_000).default(1024),
  ENGINE: z.enum(['wasm', 'native'], { error: 'expected wasm or native' }).default('wasm'),
  INFERENCE_THREADS: integer(0, 256).optional(),
  INTRA_OP_THREADS: integer(1, 256).default(1),
  REQUEST_TIMEOUT_MS: integer(1, 3_600_000).default(30_000),
  SHUTDOWN_SECONDS: integer(1, 600).default(30),
  API_TOKEN: tokens.optional(),
  ADMIN_TOKEN: tokens.optional(),
  METRICS_TOKEN: tokens.optional(),
  CORS_ORIGINS: origins.optional(),
  METRICS_JOB: labelValue.default('kilat'),
  METRICS_INSTANCE: labelValue.optional(),
  METRICS_SHARDS: integer(1, 64).default(1),
  METRICS_FLUSH_SECONDS: integer(1, 25).default(5),
  REMOTE_WRITE_URL: receiverUrl.optional(),
  REMOTE_WRITE_USERNAME: secret.optional(),
  REMOTE_WRITE_PASSWORD: secret.optional(),
  REMOTE_WRITE_BEARER_TOKEN: token.optional(),
  REMOTE_WRITE_INTERVAL_SECONDS: integer(1, 3600).default(15),
  REMOTE_WRITE_TIMEOUT_SECONDS: integer(1, 300).default(30),
  REMOTE_WRITE_MAX_PENDING_SAMPLES: integer(1000, 10_000_000).default(400_000),
  DRIFT_MAX_FEATURES: integer(0, 10_000).default(32),
  DRIFT_SAMPLE: someShare.default(1),
  PAGE: z.enum(['on', 'off'], { error: 'expected on or off' }).default('on'),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], {
      error: 'expected debug, info, warn, error or silent',
    })
    .default('info'),
  LOG_SAMPLE: anyShare.default(1),
  LOG_PAYLOADS: flag.default(false),
});

/** What no single setting shows: credentials come whole, and one kind at a time. */
const consistentSettings = settings.superRefine((config, context) => {
  const { REMOTE_WRITE_USERNAME: user, REMOTE_WRITE_PASSWORD: password } = config;
  const problem = (path: keyof Config, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (user !== undefined && password === undefined) {
    problem('REMOTE_WRITE_PASSWORD', 'expected it beside REMOTE_WRITE_USERNAME');
  }
  if (password !== undefined && user === undefined) {
    problem('REMOTE_WRITE_USERNAME', 'expected it beside REMOTE_WRITE_PASSWORD');
  }
  if (config.REMOTE_WRITE_BEARER_TOKEN !== undefined && user !== undefined) {
    problem('REMOTE_WRITE_BEARER_TOKEN', 'expected either it or a username and password');
  }
});

export const SETTINGS = Object.keys(settings.shape) as readonly (keyof Config)[];

export type Config = z.infer<typeof settings>;

/** Start-up cannot go on: the message lists every wrong setting, by name and by what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the settings from an environment (`process.env`, or a Worker's bindings).
 *
 * An empty string counts as unset, as in a shell. Values are never repeated in the error: they may be secrets.
 *
 * @throws ConfigError that names every wrong setting at once
 */
export function parseConfig(env: Readonly<Record<string, unknown>>): Config {
  const given = Object.fromEntries(
    SETTINGS.filter((name) => env[name] !== undefined && env[name] !== '').map((name) => [
      name,
      env[name],
    ]),
  );
  const result = consistentSettings.safeParse(given);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`wrong settings:\n${lines.join('\n')}`);
}
