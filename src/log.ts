/** A structured log: one JSON line per call, `fields` beside the message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Where lines of text go. */
export interface LineWriter {
  write(text: string): unknown;
}

/** Lines that have been logged and not yet written are written when there are so many characters of them. */
const GATHERED_CHARACTERS = 65_536;

/**
 * Gathers lines, which costs next to nothing, and hands them on together, which costs as much for many as
 * for one.
 *
 * @param schedule calls back after a moment, once: so long may a line be held back
 */
export function gatherLines(
  writer: LineWriter,
  schedule: (flush: () => void) => void,
): LineWriter & { flush(to?: LineWriter): void } {
  let gathered = '';
  let scheduled = false;
  const flush = (to: LineWriter = writer) => {
    if (gathered !== '') to.write(gathered);
    gathered = '';
  };
  return {
    write: (line) => {
      gathered += line;
      if (gathered.length >= GATHERED_CHARACTERS) flush();
      else if (!scheduled) {
        scheduled = true;
        schedule(() => {
          scheduled = false;
          flush();
        });
      }
    },
    flush,
  };
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
