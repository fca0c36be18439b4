import { type Threshold, ThresholdsConfigBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { ALERTS } from '../alerts.ts';
import {
  AVAILABILITY,
  DRIFT_PSI,
  DRIFT_PSI_MODERATE,
  LATENCY_BUDGET_SECONDS,
} from '../objectives.ts';

/** The share of requests that may fail, rounded: 1 - 0.999 is not 0.001 in binary. */
export const ERROR_BUDGET = Number((1 - AVAILABILITY).toFixed(6));

/** Above which value an alert fires; the lowest, where there are several of its name. */
export function alertThreshold(name: string): number {
  const thresholds = ALERTS.filter((alert) => alert.name === name).map(({ above }) => above);
  if (thresholds.length === 0) throw new Error(`there is no alert '${name}'`);
  return Math.min(...thresholds);
}

const fastestBurn = Math.max(
  ...ALERTS.filter(({ name }) => name === 'PredictionErrorBudgetBurn').map(({ above }) => above),
);

/** Green, and from a value on another colour. */
export function from(...steps: readonly [value: number, color: string][]): ThresholdsConfigBuilder {
  const thresholds: Threshold[] = [
    { value: null, color: 'green' },
    ...steps.map(([value, color]) => ({ value, color })),
  ];
  return new ThresholdsConfigBuilder().steps(thresholds);
}

/** Green from a value on, and red below it. */
export function atLeast(value: number): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().steps([
    { value: null, color: 'red' },
    { value, color: 'green' },
  ]);
}

/** For what has no good or bad. */
export const neutral = () => new ThresholdsConfigBuilder().steps([{ value: null, color: 'blue' }]);

/** Orange where errors use more than the budget, red where they use it as fast as somebody is paged for. */
export const errorShare = () =>
  from([ERROR_BUDGET, 'orange'], [Number((ERROR_BUDGET * fastestBurn).toFixed(6)), 'red']);

/** Orange at half of what the 95th percentile may take, red above it. */
export const latency = () =>
  from([LATENCY_BUDGET_SECONDS / 2, 'orange'], [LATENCY_BUDGET_SECONDS, 'red']);

/** Orange where drift is worth a look, red where it counts as such. */
export const drift = () => from([DRIFT_PSI_MODERATE, 'orange'], [DRIFT_PSI, 'red']);
