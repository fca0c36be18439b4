import { Option } from 'commander';
import { messageOf } from '../errors.ts';
import { COLUMNS } from '../terminal/text.ts';
import {
  integerUpTo,
  name,
  path,
  positive,
  positiveInteger,
  serverUrl,
  wholeNumber,
} from './arguments.ts';
import { npmCommand, runCommand } from './command.ts';
import { countDue, sendLoad } from './load.ts';
import { Measurements, type Report, type Run } from './measurements.ts';
import { openWire } from './open-wire.ts';
import { type Progress, showProgress } from './progress.ts';
import { explainRefusal, TOKEN_HELP } from './refusal.ts';
import { type Asked, describeSample, describeShortfall, formatReport } from './report-text.ts';
import { findRows, fixedRows } from './rows-to-send.ts';
import { findModel } from './served-model.ts';
import { AnswerError, authorization, ConnectionError } from './server.ts';
import { stopOnSignals } from './signals.ts';
import { PROTOCOLS, type Protocol, sendRows, type Wire } from './wire.ts';
import { within } from './within.ts';

/** `npm run infer`: sends rows to a running server and measures every inference; docs/client.md. */

interface Options {
  readonly url: string;
  readonly model?: string;
  readonly protocol: Protocol;
  readonly data?: string;
  readonly rows: number;
  readonly requests?: number;
  readonly duration?: number;
  readonly rate?: number;
  readonly concurrency?: number;
  readonly timeout: number;
  readonly maxErrors: number;
  readonly json?: true;
}

/** Up to so many requests each has a line; of more a bar shows the progress, and the summary is all that is printed. */
const MOST_LINES = 100;
/** Under way at once where a rate is asked for: enough for most servers not to be held up by the client. */
const CONCURRENCY_OF_A_RATE = 64;
/** Of more there is no port for each, nor memory for the rows of one. */
const MOST_CONCURRENT = 65_535;
const MOST_ROWS = 10_000_000;
/** After a request that nobody answered a sender waits so long: a server that is gone needs no thousands of them. */
const BACK_OFF_MS = 250;
/** Longer than a server takes by itself (REQUEST_TIMEOUT_MS, 30 s by default), so that it is the one to say so. */
const LONGEST_WAIT_SECONDS = 35;
/** As many show how long it takes, and are over in a moment. */
const USUAL_REQUESTS = 20;

async function infer(options: Options): Promise<void> {
  const { url, protocol, rate, json, maxErrors } = options;
  const stopped = stopOnSignals();
  // A token that cannot be sent is a matter of none of the requests.
  authorization();
  const model = await within(options, stopped, (signal) => findModel(url, options.model, signal));
  const wire = await within(options, stopped, (signal) => openWire(protocol, url, model, signal));
  const rows = await findRows(model, options.data, options.rows, stopped);
  const run = { model: model.name, version: model.version, protocol, rate };
  const asked = countAsked(options, rows);
  const isOnce = sendsOnce(options) && fixedRows(model) === undefined;
  const pick = (index: number) => pickRows(rows, index, options.rows, isOnce);
  const report = await measure(options, asked, wire, pick, run, stopped);
  const width = Math.min(COLUMNS, process.stdout.columns || COLUMNS);
  const notes = describeShortfall(report, asked, stopped.aborted);
  console.log(json ? JSON.stringify(report) : formatReport(report, width, notes));
  if (!stopped.aborted && report.errors > maxErrors) process.exitCode = 1;
}

/** Of somebody's own rows each is sent; the examples of a card are there to be sent again and again. */
function sendsOnce({ data, requests, duration }: Options): boolean {
  return data !== undefined && requests === undefined && duration === undefined;
}

function countAsked(options: Options, rows: readonly unknown[]): Asked {
  const { data, rows: size, rate, duration: seconds = Number.POSITIVE_INFINITY } = options;
  const all = data === undefined ? USUAL_REQUESTS : Math.ceil(rows.length / size);
  const wanted = options.requests ?? (options.duration === undefined ? all : Infinity);
  const requests = countDue({ requests: wanted, seconds, rate });
  return { requests, seconds, rowsOfARequest: size, rows: data === undefined ? 0 : rows.length };
}

/**
 * Sends rows until all are sent, the time is up, or the signal.
 *
 * @throws Error in one line where the first answer says that no other will be better
 */
async function measure(
  options: Options,
  { requests, seconds }: Asked,
  wire: Wire,
  pick: (index: number) => readonly unknown[],
  run: Run,
  stopped: AbortSignal,
): Promise<Report> {
  const { rate } = options;
  const lines = !options.json && requests <= MOST_LINES;
  const refused = new AbortController();
  const signal = AbortSignal.any([stopped, refused.signal]);
  const measurements = new Measurements();
  let hasAnswered = false;
  const send = async (index: number) => {
    try {
      const picked = pick(index);
      const answer = await within(options, signal, (ending) => sendRows(wire, picked, ending));
      hasAnswered = true;
      return answer;
    } catch (error) {
      if (stopped.aborted) measurements.leave();
      const refusal = hasAnswered ? undefined : explainRefusal(error);
      if (refusal !== undefined) refused.abort(new Error(refusal, { cause: error }));
      hasAnswered ||= error instanceof AnswerError;
      throw error;
    }
  };

  let progress: Progress | undefined;
  if (!lines && process.stderr.isTTY) progress = showProgress(requests, seconds);
  const start = performance.now();
  await sendLoad({
    send,
    requests,
    concurrency: options.concurrency ?? (rate === undefined ? 1 : CONCURRENCY_OF_A_RATE),
    seconds,
    rate,
    signal,
    backOff: (error) => (error instanceof ConnectionError ? BACK_OFF_MS : 0),
    onSample: (sample, index) => {
      measurements.record(sample);
      progress?.show(measurements.count, measurements.errors);
      if (lines) console.log(describeSample(sample, index, rate !== undefined));
    },
  });
  const elapsed = (performance.now() - start) / 1000;
  progress?.end();
  refused.signal.throwIfAborted();
  return measurements.report(run, elapsed);
}

/**
 * The rows of a request: the ones after those of the request before, from the first again after the last.
 *
 * @param isOnce whether the last request ends with the last row instead
 */
function pickRows(
  rows: readonly unknown[],
  index: number,
  size: number,
  isOnce: boolean,
): unknown[] {
  const start = index * size;
  const length = isOnce ? Math.min(size, rows.length - start) : size;
  return Array.from({ length }, (_, row) => rows[(start + row) % rows.length]);
}

const program = npmCommand('infer')
  .description('send rows to a running server and measure every inference')
  .option('--url <url>', 'the server', serverUrl, 'http://localhost:8000/')
  .option('--model <name>', "the model; the server's default when left out", name)
  .addOption(
    new Option('--protocol <name>', 'what to ask in').choices(PROTOCOLS).default('predict'),
  )
  .option(
    '--data <file>',
    "CSV or JSON, - for stdin; the examples of the model's card when left out",
    path,
  )
  .option('--rows <n>', 'rows in a request', integerUpTo(MOST_ROWS), 1)
  .option(
    '--requests <n>',
    'requests to send (default: all rows of --data, else 20, or as many as fit the duration)',
    positiveInteger,
  )
  .option('--duration <seconds>', 'stop after this long', positive)
  .option(
    '--rate <n>',
    'requests a second, each at its time; without it each follows an answer',
    positive,
  )
  .option(
    '--concurrency <n>',
    `requests under way at once, at most (default: 1, with a rate ${CONCURRENCY_OF_A_RATE})`,
    integerUpTo(MOST_CONCURRENT),
  )
  .option(
    '--timeout <seconds>',
    'a request that is not answered by then has failed',
    positive,
    LONGEST_WAIT_SECONDS,
  )
  .option('--max-errors <n>', 'requests that may fail before the exit code is 1', wholeNumber, 0)
  .option('--json', 'print one JSON object, with the times of inference')
  .addHelpText('after', `\n${TOKEN_HELP}`)
  .action(infer);

await runCommand(program, (error) => explainRefusal(error) ?? messageOf(error));
