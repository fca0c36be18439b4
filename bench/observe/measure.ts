import type { RequestEvent } from '../../src/http/observe.ts';
import type { RunEvent } from '../../src/inference/types.ts';
import { createTelemetry } from '../../src/metrics/telemetry.ts';

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const clock = { now: () => 0, wallTime: () => 0, settle: () => {} };

/**
 * Nanoseconds that it takes to observe one prediction: the start and the end of its request, and its run.
 *
 * @param now milliseconds, of any origin
 */
export function measureObservation(now: () => number, times: number): number {
  const { observer } = createTelemetry({ version: '0', runtime: 'bench', clock, log: quiet });
  const request: RequestEvent = {
    method: 'POST',
    route: '/predict',
    status: 200,
    seconds: 0.0004,
    prediction: { protocol: 'predict', model: 'breast-cancer', version: '1' },
  };
  const classes = new Map([['benign', 1]]);
  const run: RunEvent = {
    model: 'breast-cancer',
    version: '1',
    rows: 1,
    seconds: 0.0001,
    countClasses: () => classes,
  };
  const observe = (count: number) => {
    for (let i = 0; i < count; i++) {
      observer.requestStarted();
      observer.ran(run);
      observer.waited(run);
      observer.requestEnded(request);
    }
  };
  observe(times);
  const start = now();
  observe(times);
  return ((now() - start) * 1e6) / times;
}
