import { runningClock as clock } from '../src/clock.ts';
import { createWasmEngine } from '../src/inference/onnx.ts';
import { createRowReader } from '../src/inference/rows.ts';
import { readCard } from '../test/helpers/golden.ts';
import { shippedGraph } from '../test/helpers/store.ts';
import { median, spread } from './statistics.ts';

/** What one run of the shipped classifier takes, for one row and for several. */

const RUNS = 9;
const TIMES = 4000;

const engine = await createWasmEngine({ clock });
const session = await engine.load(shippedGraph('breast-cancer'));
const { examples, features } = readCard('breast-cancer');
const reader = createRowReader(
  session.inputs,
  features.map(({ name }) => name),
);

const alone: number[] = [];
for (const size of [1, 8, 32, 64]) {
  const rows = Array.from({ length: size }, (_, i) => examples[i % examples.length]);
  const inputs = reader(rows);
  const micros: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    for (let i = 0; i < TIMES; i++) await session.run(inputs, ['label', 'probabilities']);
    micros.push(((performance.now() - start) * 1000) / TIMES);
  }
  if (size === 1) alone.push(...micros);
  const perRow = median(alone) / (median(micros) / size);
  console.log(`${size} rows: ${spread(micros, 1)} µs a run, ${perRow.toFixed(1)}x per row`);
}
