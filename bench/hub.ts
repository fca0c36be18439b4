import { createTestHarness } from 'wrangler';
import buildWorker, { WORKER_BUNDLE } from '../test/helpers/build-worker.ts';
import { spread } from './statistics.ts';

/** How many deltas a second one hub takes, each kept before it is answered, in workerd on this machine. */

const RUNS = 5;
const DELTAS = 2000;

buildWorker();
const harness = createTestHarness({
  workers: [
    { configPath: 'wrangler.toml', prebuiltWorkerDir: WORKER_BUNDLE },
    { configPath: 'bench/hub/wrangler.toml' },
  ],
});
await harness.listen();
const worker = harness.getWorker('bench');
for (const concurrency of [1, 16]) {
  const rates: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const answer = await worker.fetch(`/?deltas=${DELTAS}&concurrency=${concurrency}`);
    rates.push(Number(await answer.json()));
  }
  console.log(`deltas a second, ${concurrency} at a time: ${spread(rates)}`);
}
await harness.close();
