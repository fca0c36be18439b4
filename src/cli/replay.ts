import { SingleBar } from 'cli-progress';
import * as z from 'zod';
import { sliceRows } from '../inference/tensor.ts';
import { datatype } from '../protocols/open-inference-schemas.ts';
import { count } from '../quantities.ts';
import { name, path, positive, positiveInteger, serverUrl } from './arguments.ts';
import { writeBinaryRequest } from './binary-request.ts';
import { npmCommand, runCommand } from './command.ts';
import { canBeMissing, toFeatureTensor } from './feature-tensor.ts';
import { sendLoad } from './load.ts';
import { ask, authorization, request } from './server.ts';
import { applyShifts, parseShift, type Shift } from './shift.ts';
import { stopOnSignals } from './signals.ts';
import { readTrainingData } from './training-data.ts';

/** `npm run drift:replay`: plays rows of a file through a running server, moved if asked for, so that drift can be seen. */

interface Options {
  readonly url: string;
  readonly model: string;
  readonly data: string;
  readonly shift: readonly Shift[];
  readonly repeat: number;
  readonly rate?: number;
}

/** Rows of one request. */
const ROWS = 16;
const CONCURRENCY = 4;

const modelAnswer = z.object({
  name: z.string(),
  version: z.string(),
  inputs: z.array(z.object({ name: z.string(), datatype, shape: z.array(z.number()) })),
  card: z
    .object({
      features: z
        .array(z.object({ name: z.string(), range: z.array(z.number()).optional() }))
        .optional(),
    })
    .nullable(),
});

async function replay(options: Options): Promise<void> {
  const { url, data: file, shift, repeat, rate } = options;
  const stopped = stopOnSignals();
  const authorized = authorization();
  const path = `models/${encodeURIComponent(options.model)}`;
  const model = modelAnswer.parse(await ask(new URL(path, url)));
  const features = model.card?.features;
  const [input] = model.inputs;
  if (!features || !input) {
    throw new Error(
      `model '${model.name}' has no features in its card: what it meets is not counted`,
    );
  }
  const names = features.map(({ name }) => name);
  const data = await readTrainingData(file, names);
  if (data.values.some(Number.isNaN) && !canBeMissing(input.datatype)) {
    throw new Error(`${file} misses values, which the model cannot be told in ${input.datatype}`);
  }
  applyShifts(data.values, features, shift);
  const rows = toFeatureTensor(input, names, data);

  const target = new URL(`v2/${path}/infer`, url);
  const requests = Math.ceil(data.rows / ROWS) * repeat;
  const bar = process.stderr.isTTY
    ? new SingleBar({ format: '{bar} {percentage}% | {eta_formatted} left' })
    : undefined;
  bar?.start(requests, 0);
  let failed = 0;
  let firstError: Error | undefined;
  let answered = 0;
  await sendLoad({
    send: async (index) => {
      const first = (index % Math.ceil(data.rows / ROWS)) * ROWS;
      const size = Math.min(ROWS, data.rows - first);
      const { headers, body } = writeBinaryRequest([sliceRows(rows, first, size)]);
      const all = { ...headers, ...authorized };
      await request(target, { method: 'POST', headers: all, body, signal: stopped });
      return { rows: size };
    },
    requests,
    concurrency: CONCURRENCY,
    seconds: Number.POSITIVE_INFINITY,
    rate: rate === undefined ? undefined : rate / ROWS,
    signal: stopped,
    onSample: (sample) => {
      bar?.increment();
      answered += sample.rows;
      if (sample.error) failed++;
      firstError ??= sample.error;
    },
  });
  bar?.stop();
  stopped.throwIfAborted();

  console.log(`${model.name} v${model.version}: ${count(answered, 'row')} answered`);
  if (failed === 0) return;
  console.error(`${count(failed, 'request')} failed, the first with ${firstError?.message}`);
  process.exitCode = 1;
}

const program = npmCommand('drift:replay')
  .description('play rows of a file through a running server, so that drift can be seen')
  .requiredOption('--model <name>', 'the model', name)
  .requiredOption('--data <file>', 'rows: CSV with a header, or .json, .jsonl or .ndjson', path)
  .option('--url <url>', 'the server', serverUrl, 'http://localhost:8000/')
  .option(
    '--shift <feature=+20%>',
    'move a feature, by a part of its range or by an amount; may be given more than once',
    (text: string, before: readonly Shift[]) => [...before, parseShift(text)],
    [],
  )
  .option('--repeat <n>', 'how often to play all of them', positiveInteger, 1)
  .option('--rate <rows>', 'rows a second; as fast as they go when left out', positive)
  .action(replay);

await runCommand(program);
