import { readCard } from '../test/helpers/golden.ts';
import { drive } from './drive.ts';
import { SIDES, type Side } from './sides.ts';
import { startSide } from './start-side.ts';
import { spread } from './statistics.ts';

/** `node bench/page.ts`: predictions of a server that has the pages against those of one that has not, in pairs. */

const PAIRS = 10;
const SECONDS = 3;

const [kilat] = SIDES;
if (!kilat) throw new Error('there is no side to measure');
const rows = readCard('breast-cancer').examples.slice(0, 1);
const withPages = (setting: 'on' | 'off'): Side => ({
  ...kilat,
  name: `PAGE=${setting}`,
  command: (port, answer) => {
    const { argv, env } = kilat.command(port, answer);
    return { argv, env: { ...env, PAGE: setting } };
  },
});
const [off, on] = [
  await startSide(withPages('off'), rows, ''),
  await startSide(withPages('on'), rows, ''),
];
const measure = async (side: typeof on) => {
  const { rate } = await drive({ ...side.request(rows), connections: 32, seconds: SECONDS });
  return rate;
};
await measure(off);
await measure(on);
const ratios: number[] = [];
for (let pair = 0; pair < PAIRS; pair++) {
  // Whoever comes first in a pair does so in every other one alone.
  const [first, second] = pair % 2 === 0 ? [off, on] : [on, off];
  const [a, b] = [await measure(first), await measure(second)];
  ratios.push(first === off ? b / a : a / b);
}
console.log(`requests a second, PAGE=on / PAGE=off: ${spread(ratios, 2)}`);
console.log(`memory: ${on.memory().toFixed(0)} MiB / ${off.memory().toFixed(0)} MiB`);
await Promise.all([on.stop(), off.stop()]);
