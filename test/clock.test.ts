import { describe, expect, it } from 'vitest';
import type { Clock } from '../src/clock.ts';
import { createTestApp } from './helpers/app.ts';
import { standingClock } from './helpers/clocks.ts';
import { post, readGolden } from './helpers/golden.ts';

/** The seconds that /metrics shows for one prediction of a hundred rows. */
async function recordedSeconds(clock: Clock): Promise<number> {
  const { app } = await createTestApp({}, { clock });
  const { rows } = readGolden('digits');
  const response = await app.request('/models/digits/predict', post({ instances: rows }));
  expect(response.status).toBe(200);
  const text = await (await app.request('/metrics')).text();
  const series = 'prediction_time_seconds_sum{model="digits",version="1"} ';
  return Number(text.split(series)[1]?.split('\n', 1)[0]);
}

describe('a clock that stands still while code computes', () => {
  it('shows the time of a run once it is settled', async () => {
    expect(await recordedSeconds(standingClock({ settles: true }))).toBeGreaterThan(0);
  });

  it('would show zero without', async () => {
    expect(await recordedSeconds(standingClock({ settles: false }))).toBe(0);
  });
});
