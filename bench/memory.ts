import { readCard } from '../test/helpers/golden.ts';
import { drive } from './drive.ts';
import { SIDES } from './sides.ts';
import { startSide } from './start-side.ts';

/** `node bench/memory.ts`: resident memory while a million predictions are answered. */

const PREDICTIONS = 1_000_000;
const STEP = 100_000;

const [kilat] = SIDES;
if (!kilat) throw new Error('there is no side to measure');
const rows = readCard('breast-cancer').examples.slice(0, 1);
const side = await startSide(kilat, rows, '');
let answered = 0;
console.log(`at rest: ${side.memory().toFixed(0)} MiB`);
for (let next = STEP; answered < PREDICTIONS; ) {
  const { requests } = await drive({ ...side.request(rows), connections: 32, seconds: 1 });
  answered += requests;
  if (answered >= next) {
    console.log(`${answered} predictions: ${side.memory().toFixed(0)} MiB`);
    next += STEP;
  }
}
await side.stop();
