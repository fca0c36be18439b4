import { createTestHarness } from 'wrangler';
import buildWorker, { WORKER_BUNDLE } from '../test/helpers/build-worker.ts';
import { spread } from './statistics.ts';

/** What one hub holds: deltas a second, each kept before it is answered, and series; in workerd, on this machine. */

const RUNS = 5;
const DELTAS = 1000;

buildWorker();
const harness = createTestHarness({
  workers: [
    { configPath: 'wrangler.toml', prebuiltWorkerDir: WORKER_BUNDLE },
    { configPath: 'bench/hub/wrangler.toml' },
  ],
});
await harness.listen();
const worker = harness.getWorker('bench');
for (const features of [0, 30]) {
  for (const concurrency of [1, 16]) {
    const rates: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const query = `deltas=${DELTAS}&concurrency=${concurrency}&features=${features}`;
      rates.push(Number(await (await worker.fetch(`/deltas?${query}`)).json()));
    }
    const what = `${concurrency} at a time, ${features} features by bins`;
    console.log(`deltas a second, ${what}: ${spread(rates)}`);
  }
}
for (const models of [3, 30, 300]) {
  const answers: Record<string, number>[] = [];
  for (let run = 0; run < RUNS; run++) {
    answers.push(
      (await (await worker.fetch(`/series?models=${models}`)).json()) as (typeof answers)[0],
    );
  }
  const times = (name: string) =>
    spread(
      answers.map((answer) => answer[name] ?? 0),
      1,
    );
  console.log(
    `${models} models, ${answers.at(-1)?.samples} samples a snapshot: ` +
      `apply ${times('applyMs')} ms, read ${times('readMs')} ms, encode ${times('encodeMs')} ms`,
  );
}
await harness.close();
