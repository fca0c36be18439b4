import { createTestHarness } from 'wrangler';
import { spread } from './statistics.ts';

/** What it costs a request at the edge to let its clock settle: one event boundary in workerd. */

const TIMES = 2000;
const RUNS = 7;

const harness = createTestHarness({ workers: [{ configPath: 'bench/settle/wrangler.toml' }] });
const { url } = await harness.listen();
const costs: number[] = [];
for (let run = 0; run < RUNS; run++) {
  const answer = await fetch(new URL(`/?times=${TIMES}`, url));
  const { promiseMs, settleMs } = (await answer.json()) as Record<string, number>;
  costs.push((((settleMs ?? 0) - (promiseMs ?? 0)) / TIMES) * 1000);
}
await harness.close();
console.log(`settle(): ${spread(costs)} µs, of ${RUNS} runs of ${TIMES}`);
