import type { RuleCase } from './rules-tests.ts';

const ORIGIN = 'job="kilat",instance="a:8000"';
const SUM = `prediction_time_seconds_sum{${ORIGIN},model="iris",version="2"}`;

const tookTooLong = (total: string) => ({
  labels: {
    severity: 'warning',
    job: 'kilat',
    instance: 'a:8000',
    model: 'iris',
    version: '2',
  },
  summary: `Predictions of iris v2 have taken ${total} in all`,
  description: `All predictions of iris v2 on a:8000 together have taken ${total}, more than 3 s. The sum only grows while the process lives, so this stays; PredictionLatencyHigh is the one to page on.`,
});

const isSlow = (quantile: string) => ({
  labels: { severity: 'warning', model: 'iris', version: '2' },
  summary: `Predictions of iris v2 are slow: ${quantile} at the 95th percentile`,
  description: `One prediction in twenty of iris v2 takes ${quantile} or longer, more than the budget of 250 ms, over the last 5 minutes.`,
});

/** Runs that took up to 0.2 s, and up to 1 s: the latter are the slow ones. */
function runs(quick: string, all: string, instance = 'a:8000'): Record<string, string> {
  const bucket = (le: string) =>
    `prediction_time_seconds_bucket{job="kilat",instance="${instance}",model="iris",version="2",le="${le}"}`;
  return {
    [bucket('0.2')]: quick,
    [bucket('0.5')]: quick,
    [bucket('1')]: all,
    [bucket('+Inf')]: all,
  };
}

/** How long predictions take, one by one and together. */
export const TIME_CASES: readonly RuleCase[] = [
  {
    alert: 'Alert_Prediction_Time',
    when: 'fires as soon as the total is above 3 s, and stays',
    series: { [SUM]: '2.9 3 3.2 3.2x60' },
    firing: { '1m': [], '2m': [tookTooLong('3.2s')], '1h': [tookTooLong('3.2s')] },
  },
  {
    alert: 'Alert_Prediction_Time',
    when: 'is over when the process begins again, or ends',
    series: { [SUM]: '4 4 0.1 0.2 4 stale' },
    firing: { '1m': [tookTooLong('4s')], '3m': [], '4m': [tookTooLong('4s')], '5m': [] },
  },
  {
    alert: 'Alert_Prediction_Time',
    when: 'is silent at 3 s',
    series: { [SUM]: '1 3x30' },
    firing: { '30m': [] },
  },
  {
    alert: 'Alert_Prediction_Time',
    when: 'is silent without data',
    series: {},
    firing: { '30m': [] },
  },

  {
    alert: 'PredictionLatencyHigh',
    when: 'fires when runs have been slow for 5 minutes',
    series: runs('0x20', '0+10x20'),
    firing: { '5m': [], '8m': [isSlow('975ms')] },
  },
  {
    alert: 'PredictionLatencyHigh',
    when: 'fires for a model whose slow runs are on one of two instances',
    series: { ...runs('0+90x20', '0+90x20'), ...runs('0x20', '0+10x20', 'hub-0') },
    firing: { '8m': [isSlow('750ms')] },
  },
  {
    alert: 'PredictionLatencyHigh',
    when: 'is silent when one run in twenty-five is slow',
    series: runs('0+24x20', '0+25x20'),
    firing: { '20m': [] },
  },
  {
    alert: 'PredictionLatencyHigh',
    when: 'is silent about a single slow run',
    series: runs('0x20', '0 0 1x18'),
    firing: { '3m': [], '7m': [], '8m': [], '20m': [] },
  },
  {
    alert: 'PredictionLatencyHigh',
    when: 'is silent again once nothing is asked any more',
    series: runs('0x40', '0+10x10 100x30'),
    firing: { '10m': [isSlow('975ms')], '16m': [], '30m': [] },
    nothing: ['16m'],
  },
  {
    alert: 'PredictionLatencyHigh',
    when: 'is silent without data',
    series: {},
    firing: { '30m': [] },
  },
];
