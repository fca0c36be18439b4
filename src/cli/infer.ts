import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { Command } from 'commander';
import * as z from 'zod';
import { positive, positiveInteger, serverUrl } from './arguments.ts';
import { type Sample, sendLoad, summarise } from './load.ts';
import { ask, findModel } from './server.ts';

/** `npm run infer`: sends the example rows of a model's card to a running server and measures. */

interface Options {
  readonly url: string;
  readonly model?: string;
  readonly requests?: number;
  readonly concurrency: number;
  readonly duration?: number;
  readonly json?: true;
}

/** Above this many requests a bar shows the progress, and only the summary is printed. */
const MOST_LINES = 100;

const predictAnswer = z.object({ predictions: z.array(z.unknown()), time_ms: z.number() });

async function infer(options: Options): Promise<void> {
  const { url, json, concurrency } = options;
  const model = await findModel(url, options.model);
  const requests = options.requests ?? (options.duration === undefined ? 20 : Infinity);
  const target = new URL(`models/${encodeURIComponent(model.name)}/predict`, url);

  const lines = !json && requests <= MOST_LINES;
  const bar =
    json || lines || !process.stderr.isTTY
      ? undefined
      : new SingleBar({ format: '{bar} {percentage}% {value}/{total} | {eta_formatted} left' });
  bar?.start(Number.isFinite(requests) ? requests : (options.duration ?? 0), 0);

  const start = performance.now();
  const samples = await sendLoad({
    send: async (index) => {
      const row = model.examples[index % model.examples.length];
      const answer = predictAnswer.parse(await ask(target, { instances: [row] }));
      return { rows: answer.predictions.length, inferenceMs: answer.time_ms };
    },
    requests,
    concurrency,
    seconds: options.duration ?? Infinity,
    onSample: (sample, index) => {
      bar?.update(
        Number.isFinite(requests) ? index + 1 : Math.round((performance.now() - start) / 1000),
      );
      if (lines) console.log(describe(sample, index));
    },
  });
  const seconds = (performance.now() - start) / 1000;
  bar?.stop();

  const report = summariseRun(model, samples, seconds);
  console.log(json ? JSON.stringify(report) : formatReport(report));
  if (report.errors > 0) process.exitCode = 1;
}

function describe({ error, inferenceMs, roundTripMs }: Sample, index: number): string {
  const outcome = error ?? `inference ${inferenceMs?.toFixed(3)} ms`;
  return `${String(index + 1).padStart(3)}  ${outcome}, round trip ${roundTripMs.toFixed(3)} ms`;
}

function summariseRun(
  model: { name: string; version: string },
  samples: readonly Sample[],
  seconds: number,
) {
  const failed = samples.filter((sample) => sample.error !== undefined);
  const served = samples.filter((sample) => sample.error === undefined);
  const inference = served.map((sample) => sample.inferenceMs ?? 0);
  const roundTrip = served.map((sample) => sample.roundTripMs);
  return {
    model: model.name,
    version: model.version,
    count: samples.length,
    errors: failed.length,
    first_error: failed[0]?.error ?? null,
    seconds,
    rows_per_second: served.reduce((sum, { rows }) => sum + rows, 0) / seconds,
    inference_ms: summarise(inference) ?? null,
    round_trip_ms: summarise(roundTrip) ?? null,
    times_ms: inference,
  };
}

function formatReport(report: ReturnType<typeof summariseRun>): string {
  const table = new Table({
    head: ['ms', 'mean', 'p50', 'p90', 'p99', 'max'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
  });
  const parts = { inference: report.inference_ms, 'round trip': report.round_trip_ms };
  for (const [name, times] of Object.entries(parts)) {
    if (!times) continue;
    const { mean, p50, p90, p99, max } = times;
    table.push([name, ...[mean, p50, p90, p99, max].map((time) => time.toFixed(3))]);
  }
  const summary = `${report.model} v${report.version}: ${report.count} requests, ${report.errors} errors, ${report.rows_per_second.toFixed(0)} rows/s`;
  const failure = report.first_error === null ? [] : [`first error: ${report.first_error}`];
  return [summary, ...failure, ...(report.inference_ms ? [table.toString()] : [])].join('\n');
}

const program = new Command('npm run infer --')
  .description("send a model's example rows to a running server and measure every inference")
  .option('--url <url>', 'the server', serverUrl, 'http://localhost:8000/')
  .option('--model <name>', "the model; the server's default when left out")
  .option(
    '--requests <n>',
    'requests to send (default: 20, or as many as fit the duration)',
    positiveInteger,
  )
  .option('--concurrency <n>', 'requests under way at once', positiveInteger, 1)
  .option('--duration <seconds>', 'stop after this long', positive)
  .option('--json', 'print one JSON object, with every time');

try {
  await program.parseAsync();
  await infer(program.opts<Options>());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
