import type { FiringAlert, RuleCase } from './rules-tests.ts';

/** A counter of requests that ended in some way. */
function requests(outcome: string, model = 'iris', instance = 'a:8000'): string {
  const version = model === 'unknown' ? 'unknown' : '2';
  return `prediction_requests_total{job="kilat",instance="${instance}",model="${model}",version="${version}",protocol="predict",outcome="${outcome}"}`;
}

const WINDOWS = {
  '1h': { severity: 'critical', short: '5m' },
  '6h': { severity: 'warning', short: '30m' },
  '3d': { severity: 'info', short: '6h' },
} as const;

/** Budgets burn over each of some windows, so many times as fast as is allowed. */
function burning(
  windows: readonly (keyof typeof WINDOWS)[],
  times: string,
  model = 'iris',
): FiringAlert[] {
  const version = model === 'unknown' ? 'unknown' : '2';
  return windows.map((window) => {
    const { severity, short } = WINDOWS[window];
    return {
      labels: { severity, window, model, version },
      summary: `Predictions of ${model} v${version} fail too often`,
      description: `Requests fail, time out or are turned away ${times} times as often as an availability of 99.9 % allows, over ${window} and over ${short}. 'unknown' stands for requests whose model was not ready.`,
    };
  });
}

function turnedAway(rate: string, model = 'iris', version = '2'): FiringAlert {
  return {
    labels: { severity: 'warning', model, version },
    summary: `Requests for ${model} v${version} are turned away`,
    description: `For 5 minutes requests for ${model} v${version} have been turned away, ${rate} per second, since too many wait already or the model is not ready. 'unknown' stands for requests whose model was not ready.`,
  };
}

const BURN = 'PredictionErrorBudgetBurn';
const SATURATED = 'PredictionQueueSaturated';

/** Requests that are not answered. A minute has a thousand of them where the numbers should be round. */
export const ERROR_CASES: readonly RuleCase[] = [
  {
    alert: BURN,
    when: 'fires over 1h after 2 minutes of 2 % errors of every kind, on any instance, and then over 6h and 3d',
    series: {
      [requests('ok')]: '0+500x120',
      [requests('ok', 'iris', 'hub-0')]: '0+480x120',
      [requests('failed')]: '0+10x120',
      [requests('timeout', 'iris', 'hub-0')]: '0+6x120',
      [requests('rejected')]: '0+4x120',
    },
    firing: {
      '2m': [],
      '3m': burning(['1h'], '20.0'),
      '20m': burning(['1h', '6h'], '20.0'),
      '2h': burning(['1h', '6h', '3d'], '20.0'),
    },
  },
  {
    alert: BURN,
    when: 'fires over 6h and 3d, not over 1h, at 1 % of errors',
    series: { [requests('ok')]: '0+990x120', [requests('failed')]: '0+10x120' },
    firing: { '10m': [], '20m': burning(['6h'], '10.0'), '2h': burning(['6h', '3d'], '10.0') },
  },
  {
    alert: BURN,
    when: 'fires over 3d alone at 0.2 % of errors',
    series: { [requests('ok')]: '0+998x120', [requests('failed')]: '0+2x120' },
    firing: { '50m': [], '2h': burning(['3d'], '2.0') },
  },
  {
    alert: BURN,
    when: 'is silent at 0.05 % of errors',
    series: { [requests('ok')]: '0+1999x300', [requests('failed')]: '0+1x300' },
    firing: { '3m': [], '5h': [] },
  },
  {
    alert: BURN,
    when: 'fires over 1h no more 5 minutes after an outage, nor over 6h half an hour after it',
    series: {
      [requests('ok')]: '0x20 0+1000x240',
      [requests('failed')]: '0+1000x20 20000x240',
    },
    firing: {
      '19m': burning(['1h', '6h'], '1000.0'),
      '27m': burning(['6h'], '769.2'),
      '55m': [],
      // What has been spent of three days stays spent.
      '2h': burning(['3d'], '168.1'),
    },
  },
  {
    alert: BURN,
    when: 'goes on over a restart, after which counters begin again',
    series: {
      [requests('ok')]: '0+980x30 0+980x30',
      [requests('failed')]: '0+20x30 0+20x30',
    },
    firing: { '29m': burning(['1h', '6h'], '20.0'), '50m': burning(['1h', '6h'], '20.0') },
  },
  {
    alert: BURN,
    when: 'fires for a model that is asked seldom and has failed every time',
    series: { [requests('failed')]: '0 1 1 2 2 3 3 4 4 5 5 6 6 7' },
    firing: { '8m': [], '13m': burning(['1h'], '1000.0') },
  },
  {
    alert: BURN,
    when: 'is silent about one failed request of three',
    series: { [requests('ok')]: '0 1 1 2x60', [requests('failed')]: '0 0 1x60' },
    firing: { '4m': [], '6m': [], '1h': [] },
  },
  {
    alert: BURN,
    when: 'is silent about requests that were wrong, whatever model they named',
    series: {
      [requests('ok')]: '0+10x120',
      [requests('invalid')]: '0+1000x120',
      [requests('invalid', 'unknown')]: '0+1000x120',
    },
    firing: { '3m': [], '2h': [] },
  },
  {
    alert: BURN,
    when: 'holds requests for a model that is not ready against all requests',
    series: { [requests('ok')]: '0+990x120', [requests('rejected', 'unknown')]: '0+10x120' },
    firing: { '10m': [], '20m': burning(['6h'], '10.0', 'unknown') },
  },
  {
    alert: BURN,
    when: 'fires when no model is ready at all',
    series: { [requests('rejected', 'unknown')]: '0+10x30' },
    firing: { '5m': burning(['1h'], '1000.0', 'unknown') },
  },
  {
    alert: BURN,
    when: 'is over once nothing has been asked for as long as the shorter window',
    series: { [requests('failed')]: '0+10x10 100x120' },
    firing: {
      '10m': burning(['1h'], '1000.0'),
      '20m': burning(['6h'], '1000.0'),
      '45m': [],
    },
  },
  { alert: BURN, when: 'is silent without data', series: {}, firing: { '2h': [] } },

  {
    alert: SATURATED,
    when: 'fires after 5 minutes in which requests were turned away',
    series: { [requests('ok')]: '0+60x20', [requests('rejected')]: '0+6x20' },
    firing: { '5m': [], '7m': [turnedAway('0.10')] },
  },
  {
    alert: SATURATED,
    when: 'fires for models that are not ready',
    series: { [requests('rejected', 'unknown')]: '0+6x20' },
    firing: { '7m': [turnedAway('0.10', 'unknown', 'unknown')] },
  },
  {
    alert: SATURATED,
    when: 'is silent about a single burst, and when nothing is turned away',
    series: {
      [requests('ok')]: '0+60x30',
      [requests('rejected')]: '0x5 500x25',
      [requests('rejected', 'digits')]: '3x30',
    },
    firing: { '7m': [], '11m': [], '30m': [] },
  },
  { alert: SATURATED, when: 'is silent without data', series: {}, firing: { '30m': [] } },
];
