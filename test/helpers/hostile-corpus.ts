import { hostileBodies } from './hostile-bodies.ts';
import { Dice } from './hostile-dice.ts';
import { changeBytes, mutatedRequests } from './hostile-mutations.ts';
import { ANY, type RawRequest } from './hostile-raw.ts';
import { hostileFraming } from './hostile-raw-framing.ts';
import { hostileLines } from './hostile-raw-headers.ts';
import { hostileTargets } from './hostile-raw-targets.ts';
import type { HostileRequest } from './hostile-request.ts';
import { onTheWire, SEEDS } from './hostile-seeds.ts';
import { hostileTensors } from './hostile-tensors.ts';

/** All that is thrown at a server: the same in every run. */

const SEED = 20_261_124;

/** What fetch can send: right requests, those made by hand, and right ones that are changed by chance. */
export function hostileRequests(): HostileRequest[] {
  return [...SEEDS, ...hostileBodies(), ...hostileTensors(), ...mutatedRequests(900, SEED)];
}

/** What is made by hand for bare connections. */
export function rawRequests(): RawRequest[] {
  return [...hostileFraming(), ...hostileTargets(), ...hostileLines()];
}

/** Right requests as they travel, of which some bytes are changed by chance. */
export function changedOnTheWire(): RawRequest[] {
  const dice = new Dice(SEED);
  return Array.from({ length: 200 }, (_, i) => {
    const seed = dice.pick(SEEDS);
    const bytes = changeBytes(onTheWire(seed), dice);
    return { name: `changed ${i}: ${seed.name}`, bytes, statuses: ANY };
  });
}
