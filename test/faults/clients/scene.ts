import type { Ledger } from '../ledger.ts';
import type { Random } from '../random.ts';
import type { Tables } from '../tables.ts';

/** What every client of a run is given. */
export interface Scene {
  readonly port: number;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly tables: Tables;
}

/** Something that a client does once, by a name of its own. */
export interface Act {
  readonly name: string;
  readonly run: (scene: Scene) => Promise<void>;
}
