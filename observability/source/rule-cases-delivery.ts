import type { FiringAlert, RuleCase } from './rules-tests.ts';

const DOWN = 'PredictionTargetDown';
const STALLED = 'RemoteWriteStalled';

const UP = 'up{job="kilat",instance="a:8000"}';
const MODEL = 'model_info{job="kilat",instance="a:8000",model="iris",version="2"}';
const PUSHED_MODEL = 'model_info{job="kilat",instance="hub-0",model="iris",version="2"}';

function down(instance?: string): FiringAlert {
  return {
    labels: { severity: 'critical', ...(instance && { job: 'kilat', instance }) },
    summary: `Kilat is down, or serves no model: ${instance ?? 'nothing is heard of it'}`,
    description: `Prometheus cannot scrape ${instance ?? 'any process'}, or no model is loaded there: nobody gets predictions from it.`,
  };
}

function stalled(instance: string, time: string): FiringAlert {
  return {
    labels: { severity: 'critical', job: 'kilat', instance },
    summary: `Metrics of ${instance} do not arrive`,
    description: `Samples wait on ${instance} or are refused, or it has fallen silent, and none has been delivered for ${time} (a day stands for longer, and for never): dashboards and alerts that live on pushed metrics see nothing.`,
  };
}

/** What a process that pushes tells of it; the refused samples are none unless they are named. */
function pushing(
  instance: string,
  lastSuccess: string,
  pending: string,
  rejected = pending.replaceAll(/\d+(\+\d+)?(?=x|$)/g, '0'),
): Record<string, string> {
  const origin = `job="kilat",instance="${instance}"`;
  return {
    [`remote_write_last_success_timestamp_seconds{${origin}}`]: lastSuccess,
    [`remote_write_pending_samples{${origin}}`]: pending,
    [`remote_write_samples_total{${origin},outcome="rejected"}`]: rejected,
  };
}

/** Whether processes are there, and whether what they measure arrives. */
export const DELIVERY_CASES: readonly RuleCase[] = [
  {
    alert: DOWN,
    when: 'fires when a process has not answered for 5 minutes, while another does',
    series: {
      [UP]: '1x5 0x20',
      [MODEL]: '1x5 stale',
      'up{job="kilat",instance="b:8000"}': '1x30',
      'model_info{job="kilat",instance="b:8000",model="iris",version="2"}': '1x30',
    },
    firing: { '10m': [], '11m': [down('a:8000')] },
  },
  {
    alert: DOWN,
    when: 'fires when a process answers and has no model',
    series: { [UP]: '1x30', [MODEL]: '1x5 stale', [PUSHED_MODEL]: '1x30' },
    firing: { '10m': [], '12m': [down('a:8000')] },
  },
  {
    alert: DOWN,
    when: 'fires without data, once: nothing is scraped and nobody pushes',
    series: {},
    firing: { '4m': [], '5m': [down()] },
  },
  {
    alert: DOWN,
    when: 'fires when the last one that pushes has fallen silent',
    series: { [PUSHED_MODEL]: '1x10' },
    firing: { '10m': [], '18m': [], '21m': [down()] },
  },
  {
    alert: DOWN,
    when: 'is silent while all is well, over a restart of 3 minutes too',
    series: { [UP]: '1x10 0x2 1x20', [MODEL]: '1x10 stale _ _ 1x20' },
    firing: { '5m': [], '13m': [], '30m': [] },
  },
  {
    alert: DOWN,
    when: 'is silent where metrics are pushed and nothing is scraped',
    series: { [PUSHED_MODEL]: '1x30' },
    firing: { '30m': [] },
  },

  {
    alert: STALLED,
    when: 'fires when samples have waited for 5 minutes since the last delivery, and 5 more',
    series: pushing('a:8000', '60x30', '400+400x30'),
    firing: { '10m': [], '12m': [stalled('a:8000', '11m 0s')] },
  },
  {
    alert: STALLED,
    when: 'fires when the receiver refuses everything, so that nothing waits',
    series: pushing('a:8000', '60x30', '0x30', '0+400x30'),
    firing: { '12m': [stalled('a:8000', '11m 0s')] },
  },
  {
    alert: STALLED,
    when: 'fires when nothing has ever been delivered',
    series: pushing('a:8000', '0x30', '400+400x30'),
    firing: { '12m': [stalled('a:8000', '12m 0s')] },
  },
  {
    alert: STALLED,
    when: 'says no more than a day',
    // Times of promtool begin at 0, so that two days ago is below it.
    series: pushing('a:8000', '-172800+0x30', '400+400x30'),
    firing: { '12m': [stalled('a:8000', '1d 0h 0m 0s')] },
  },
  {
    alert: STALLED,
    when: 'fires when one that only pushes falls silent without a word, for an hour',
    interval: '15s',
    series: pushing('hub-0', '0+15x40', '0x40'),
    firing: { '10m': [], '19m': [], '21m': [stalled('hub-0', '11m 0s')], '90m': [] },
  },
  {
    alert: STALLED,
    when: 'is silent when one that pushes takes its leave, and when a scrape fails',
    interval: '15s',
    series: {
      ...pushing('hub-0', '0+15x40 stale', '0x40 stale'),
      ...pushing('a:8000', '0+15x60 stale', '0x60 stale'),
    },
    firing: { '12m': [], '21m': [], '26m': [] },
  },
  {
    alert: STALLED,
    when: 'is silent when isolates that push for themselves end, as they do without a word',
    interval: '15s',
    series: pushing('isolate-5e1f8a3c', '0+15x40', '0x40'),
    firing: { '21m': [] },
  },
  {
    alert: STALLED,
    when: 'is silent while samples are delivered, also when that is every 10 minutes',
    series: {
      ...pushing('a:8000', '0+60x60', '0x60'),
      ...pushing('b:8000', '0x9 600x9 1200x9 1800x9 2400x9', '0x50'),
    },
    firing: { '9m': [], '12m': [], '29m': [], '45m': [] },
  },
  {
    alert: STALLED,
    when: 'is silent again after an outage of the receiver',
    series: pushing('a:8000', '60x14 900+60x40', '400+400x14 0x41'),
    firing: { '14m': [stalled('a:8000', '13m 0s')], '16m': [], '30m': [] },
  },
  { alert: STALLED, when: 'is silent without data', series: {}, firing: { '30m': [] } },
];
