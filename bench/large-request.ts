import { readCard } from '../test/helpers/golden.ts';
import { drive } from './drive.ts';
import { SIDES } from './sides.ts';
import { startSide } from './start-side.ts';

/** `node bench/large-request.ts`: how long a request of 10,000 rows holds up the server's event loop. */

const [kilat] = SIDES;
if (!kilat) throw new Error('there is no side to measure');
const { examples } = readCard('breast-cancer');
const rows = Array.from({ length: 10_000 }, (_, i) => examples[i % examples.length] ?? []);
const side = await startSide(kilat, rows.slice(0, 1), '');
const request = side.request(rows);
const lag = async () => {
  const metrics = await (await fetch(new URL('/metrics', request.url))).text();
  return ['p50', 'p99', 'max'].map((quantile) => {
    const name = `nodejs_eventloop_lag_${quantile === 'max' ? 'max' : quantile}_seconds`;
    const value = metrics.split('\n').find((line) => line.startsWith(`${name} `));
    return `${quantile} ${(Number(value?.split(' ')[1]) * 1000).toFixed(1)}`;
  });
};
await drive({ ...request, connections: 1, seconds: 3 });
await lag();
for (let round = 0; round < 5; round++) {
  const { rate, p99 } = await drive({ ...request, connections: 1, seconds: 3 });
  const delays = (await lag()).join(', ');
  console.log(
    `${rate.toFixed(1)} requests/s, p99 ${p99.toFixed(0)} ms; event loop delay, ms: ${delays}`,
  );
}
await side.stop();
