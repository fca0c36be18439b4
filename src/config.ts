import * as z from 'zod';

/** A setting that is a whole number, written as the environment writes it. */
function integer(min: number, max: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z
    .union([z.string().regex(/^\d+$/, expected), z.int(expected)], expected)
    .transform(Number)
    .pipe(z.number().min(min, expected).max(max, expected));
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Every setting with its default; README's table is held to it by a test. */
const settings = z.object({
  PORT: integer(0, 65535).default(8000),
  HOST: z.string().min(1, 'expected a host name or address').default('127.0.0.1'),
  MODEL_REPOSITORY: z.string().min(1, 'expected a directory').default('./model'),
  DEFAULT_MODEL: z.string().regex(NAME, 'expected a model name').optional(),
  MAX_BODY_BYTES: integer(1, 2 ** 31 - 1).default(8 * 1024 * 1024),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], {
      error: 'expected debug, info, warn, error or silent',
    })
    .default('info'),
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
  const result = settings.safeParse(given);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`wrong settings:\n${lines.join('\n')}`);
}
