import type { Dice } from './hostile-dice.ts';
import { KEYS, VALUES } from './hostile-values.ts';

/** Stands where something hostile goes, until the JSON is text: much of it is no value that JSON can be made of. */
const HOLE = '@@hostile@@';
const QUOTED_HOLE = JSON.stringify(HOLE);

type Holder = Record<string, unknown>;

/** A place in JSON: what holds it, and under which key; the whole is held by a holder of its own. */
interface Place {
  readonly holder: Holder;
  readonly key: string;
}

/** JSON of which one value or name is another one, is gone, or is there twice. */
export function changeJson(json: unknown, dice: Dice): string {
  const root: Holder = { whole: structuredClone(json) };
  const places = placesIn(root);
  const place = dice.pick(places);
  const { holder, key } = place;
  const kind = place === places[0] ? 0 : dice.below(8);
  if (kind === 5 && !Array.isArray(holder)) return withName(root, place, dice);
  if (kind === 6 && !Array.isArray(holder)) {
    const value = JSON.stringify(holder[key]);
    return added(root, holder, `${JSON.stringify(key)}:${value},${JSON.stringify(key)}`, dice);
  }
  if (kind === 7) {
    if (Array.isArray(holder)) holder.push(...structuredClone(holder));
    else delete holder[key];
    return JSON.stringify(root.whole);
  }
  holder[key] = HOLE;
  return JSON.stringify(root.whole).replace(QUOTED_HOLE, () => dice.pick(VALUES));
}

/** The same, with a name beside the others, or in the place of one. */
function withName(root: Holder, { holder, key }: Place, dice: Dice): string {
  const value = holder[key];
  if (dice.below(2) === 0) delete holder[key];
  holder[HOLE] = value;
  return JSON.stringify(root.whole).replace(QUOTED_HOLE, () => `"${dice.pick(KEYS)}"`);
}

function added(root: Holder, holder: Holder, text: string, dice: Dice): string {
  holder[HOLE] = 0;
  const all = JSON.stringify(root.whole);
  return all.replace(`${QUOTED_HOLE}:0`, () => `${text}:${dice.pick(VALUES)}`);
}

/** Every place; of an array the first and the last alone, since the others are like them. */
function placesIn(holder: Holder): Place[] {
  const all = Object.keys(holder);
  const keys = Array.isArray(holder) ? all.filter((_, i) => i === 0 || i === all.length - 1) : all;
  return keys.flatMap((key) => {
    const value = holder[key];
    const below = typeof value === 'object' && value !== null ? placesIn(value as Holder) : [];
    return [{ holder, key }, ...below];
  });
}
