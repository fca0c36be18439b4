/** A structured log: one JSON line per call, `fields` beside the message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** pino's options where it has a console and no streams (Workers): the same lines as on Node. */
export function workerLogOptions(level: string) {
  return {
    level,
    serializers: { err: describeError },
    browser: {
      asObject: true,
      serialize: true,
      formatters: { level: (label: string) => ({ level: label }) },
      write: (line: object) => console.log(JSON.stringify(line)),
    },
  };
}

/** An error as pino writes it on Node. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name: type, message, stack } = error;
  return { type, message, stack };
}
