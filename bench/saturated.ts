import { drive } from './drive.ts';
import { BENCH_MODELS, install } from './sides.ts';
import { startSide } from './start-side.ts';

/**
 * `node bench/saturated.ts`: what a server still does while a model of 200 ms a run is asked by more clients than it
 * can serve, with threads and without.
 */

const SECONDS = 10;
const PIXELS = 3 * 224 * 224;

install();
const image = Array.from({ length: PIXELS }, (_, i) => (i * 7) % 256);
const planes = [0, 1, 2].map((channel) =>
  Array.from({ length: 224 }, (_, y) =>
    image.slice((channel * 224 + y) * 224, (channel * 224 + y + 1) * 224),
  ),
);
const body = JSON.stringify({ instances: [{ image: planes }] });

for (const settings of [
  {},
  { INTRA_OP_THREADS: '2' },
  { INFERENCE_THREADS: '2' },
  { INFERENCE_THREADS: '0' },
]) {
  const side = await startSide(
    {
      name: 'Kilat',
      command: (port) => ({
        argv: [process.execPath, 'src/node.ts'],
        env: { PORT: String(port), MODEL_REPOSITORY: BENCH_MODELS, ...settings },
      }),
      request: () => ({ path: '/models/cnn/predict', body }),
    },
    [],
    '',
  );
  const { url } = side.request([]);
  const [heavy, health] = await Promise.all([
    drive({ url, body, connections: 4, seconds: SECONDS }),
    drive({ url: new URL('/healthz', url).href, connections: 1, seconds: SECONDS }),
  ]);
  await side.stop();
  console.log(
    `${JSON.stringify(settings)}: ${heavy.rate.toFixed(1)} runs/s, p99 ${heavy.p99.toFixed(0)} ms; ` +
      `/healthz ${health.rate.toFixed(0)}/s, p99 ${health.p99.toFixed(1)} ms`,
  );
}
