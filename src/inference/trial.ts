import { RunCost } from './run-cost.ts';
import { sizeOf } from './tensor.ts';
import type { Session } from './types.ts';
import { zeros } from './warm-up.ts';

/** Rows of the runs that a model is tried out with: what a row costs alone, and what it costs in company. */
const TRIAL_ROWS = [1, 64];
/** Runs of each size; the first ones warm up. */
const TRIAL_RUNS = 3;
/** What a trial is expected to exceed is not tried: start-up would wait for it. */
const LONGEST_TRIAL_RUN_SECONDS = 0.02;

export interface Trial {
  /** Seconds of the smallest run; 0 when the graph does not take zeros, which says nothing about requests. */
  readonly seconds: number;
  readonly cost: RunCost;
}

/** Finds out what runs of a session cost, with zeros for inputs. */
export async function tryOut(session: Session): Promise<Trial> {
  const cost = new RunCost();
  const outputs = session.outputs.map(({ name }) => name);
  let smallest = 0;
  try {
    smallest = sizeOf(session.inputs.map((spec) => zeros(spec, 1)));
    for (const rows of TRIAL_ROWS) {
      const inputs = session.inputs.map((spec) => zeros(spec, rows));
      const size = sizeOf(inputs);
      if (cost.expected(size) > LONGEST_TRIAL_RUN_SECONDS) break;
      for (let run = 0; run < TRIAL_RUNS; run++) {
        cost.learn(size, (await session.run(inputs, outputs)).seconds);
      }
    }
  } catch {
    // Requests will tell.
  }
  return { seconds: cost.expected(smallest), cost };
}
