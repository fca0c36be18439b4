import { FEATURE_REFERENCE, featureBins, featureDrift, featureDriftRows } from './drift-rules.ts';
import { byBin } from './rule-case-bins.ts';
import type { FiringAlert, RuleCase } from './rules-tests.ts';

const FEATURE = 'FeatureDrift';

const of = (feature: string) => `model="iris",version="2",feature="${feature}"`;
const counted = (feature: string, values: Readonly<Record<string, string>>, instance?: string) =>
  byBin('prediction_feature_bin_total', of(feature), values, instance);
const training = (feature: string, values: Readonly<Record<string, string>>, instance?: string) =>
  byBin('prediction_feature_reference_ratio', of(feature), values, instance);

/** The training data of a feature, for so many minutes. */
const AGE = (minutes: number) => ({
  '10': `0.5x${minutes}`,
  '20': `0.3x${minutes}`,
  '+Inf': `0.2x${minutes}`,
  missing: `0x${minutes}`,
});

const AGE_2 = 'feature="age",model="iris",version="2"';
const MASS_2 = 'feature="mass",model="iris",version="2"';

function drifted(feature: string, psi: string): FiringAlert {
  return {
    labels: { severity: 'warning', model: 'iris', version: '2', feature },
    summary: `Values of '${feature}' that iris v2 meets have drifted: PSI ${psi}`,
    description: `Over 24 hours, '${feature}' is spread over the bins of its training data with a population stability index of ${psi}, above 0.25: iris v2 is asked about other rows than it has learned from, or the feature is measured or sent in another way.`,
  };
}

/** Drift of what models meet. A minute has a hundred rows, unless it is about too few of them. */
export const FEATURE_DRIFT_CASES: readonly RuleCase[] = [
  {
    alert: FEATURE,
    when: 'fires for the one feature that has drifted over all processes and jobs, half an hour after there were enough rows',
    series: {
      // Together 0.2, 0.2 and 0.6 where 0.5, 0.3 and 0.2 were: -0.3 ln 0.4 - 0.1 ln 0.667 + 0.4 ln 3.
      ...counted('age', { '10': '0+15x90', '20': '0+5x90', '+Inf': '0+30x90', missing: '0x90' }),
      ...counted(
        'age',
        { '10': '0+5x90', '20': '0+15x90', '+Inf': '0+30x90', missing: '0x90' },
        'hub-0',
      ),
      ...counted('mass', { '5': '0+45x90', '+Inf': '0+55x90', missing: '0x90' }),
      ...training('age', AGE(90)),
      ...training('age', AGE(90), 'hub-0'),
      ...training('mass', { '5': '0.4x90', '+Inf': '0.6x90', missing: '0x90' }),
    },
    firing: { '34m': [], '35m': [drifted('age', '0.75')], '90m': [drifted('age', '0.75')] },
    recorded: {
      '20m': {
        [FEATURE_REFERENCE]: {
          [`bin="10",${AGE_2}`]: 0.5,
          [`bin="20",${AGE_2}`]: 0.3,
          [`bin="+Inf",${AGE_2}`]: 0.2,
          [`bin="missing",${AGE_2}`]: 0,
          [`bin="5",${MASS_2}`]: 0.4,
          [`bin="+Inf",${MASS_2}`]: 0.6,
          [`bin="missing",${MASS_2}`]: 0,
        },
        [featureBins('1h')]: {
          [`bin="10",${AGE_2}`]: 400,
          [`bin="20",${AGE_2}`]: 400,
          [`bin="+Inf",${AGE_2}`]: 1200,
          [`bin="missing",${AGE_2}`]: 0,
          [`bin="5",${MASS_2}`]: 900,
          [`bin="+Inf",${MASS_2}`]: 1100,
          [`bin="missing",${MASS_2}`]: 0,
        },
        [featureDriftRows('24h')]: { [AGE_2]: 2000, [MASS_2]: 2000 },
        [featureDrift('24h')]: { [AGE_2]: 0.754879, [MASS_2]: 0.01024 },
      },
      '90m': {
        [featureBins('24h')]: {
          [`bin="10",${AGE_2}`]: 1800,
          [`bin="20",${AGE_2}`]: 1800,
          [`bin="+Inf",${AGE_2}`]: 5400,
          [`bin="missing",${AGE_2}`]: 0,
          [`bin="5",${MASS_2}`]: 4050,
          [`bin="+Inf",${MASS_2}`]: 4950,
          [`bin="missing",${MASS_2}`]: 0,
        },
        [featureDriftRows('1h')]: { [AGE_2]: 6000, [MASS_2]: 6000 },
        [featureDriftRows('24h')]: { [AGE_2]: 9000, [MASS_2]: 9000 },
        [featureDrift('1h')]: { [AGE_2]: 0.754879, [MASS_2]: 0.01024 },
      },
    },
  },
  {
    alert: FEATURE,
    when: 'fires when one row in twenty misses a value that training always had',
    series: {
      ...counted('age', {
        '10': '0+47.5x60',
        '20': '0+28.5x60',
        '+Inf': '0+19x60',
        missing: '0+5x60',
      }),
      ...training('age', AGE(60)),
    },
    firing: { '40m': [drifted('age', '0.31')] },
    recorded: { '40m': { [featureDrift('24h')]: { [AGE_2]: 0.312674 } } },
  },
  {
    alert: FEATURE,
    when: 'counts a bin of training without a counter as one without rows',
    series: {
      ...counted('age', { '10': '0+60x60', '+Inf': '0+40x60' }),
      ...training('age', AGE(60)),
    },
    firing: { '40m': [drifted('age', '2.56')] },
    recorded: { '40m': { [featureDrift('24h')]: { [AGE_2]: 2.557971 } } },
  },
  {
    alert: FEATURE,
    when: 'goes on over a restart, after which counters begin again',
    series: {
      ...counted('age', {
        '10': '0+20x30 0+20x30',
        '20': '0+20x30 0+20x30',
        '+Inf': '0+60x30 0+60x30',
      }),
      ...training('age', AGE(60)),
    },
    firing: { '31m': [], '50m': [drifted('age', '0.75')] },
    recorded: { '50m': { [featureDrift('24h')]: { [AGE_2]: 0.754879 } } },
  },
  {
    alert: FEATURE,
    when: 'is silent below the threshold',
    series: {
      ...counted('age', { '10': '0+30x90', '20': '0+35x90', '+Inf': '0+35x90', missing: '0x90' }),
      ...training('age', AGE(90)),
    },
    firing: { '90m': [] },
    recorded: { '90m': { [featureDrift('24h')]: { [AGE_2]: 0.193815 } } },
  },
  {
    alert: FEATURE,
    when: 'is silent about too few rows',
    series: {
      ...counted('age', { '10': '0+1x90', '20': '0+1x90', '+Inf': '0+3x90', missing: '0x90' }),
      ...training('age', AGE(90)),
    },
    firing: { '90m': [] },
    nothing: ['90m'],
    recorded: {
      '90m': {
        [featureDriftRows('24h')]: { [AGE_2]: 450 },
        [featureDrift('24h')]: { [AGE_2]: 0.754879 },
      },
    },
  },
  {
    alert: FEATURE,
    when: 'is silent in a window without rows',
    series: {
      ...counted('age', { '10': '7x90', '20': '7x90', '+Inf': '700x90', missing: '0x90' }),
      ...training('age', AGE(90)),
    },
    firing: { '90m': [] },
    nothing: ['90m'],
    recorded: { '90m': { [featureDriftRows('24h')]: { [AGE_2]: 0 }, [featureDrift('24h')]: {} } },
  },
  {
    // One run through a day: it is what takes promtool its time.
    alert: FEATURE,
    when: 'is over once a day has passed, and says nothing while a card and the one before it are mixed in the window',
    interval: '5m',
    series: {
      // Two hours of drift.
      ...counted('age', {
        '10': '0+100x24 2400+250x320',
        '20': '0+100x24 2400+150x320',
        '+Inf': '0+300x24 7200+100x320',
      }),
      ...training('age', AGE(340)),
      // Another card after an hour. For one more both are told of, and for a day the former one has counts in the window.
      ...counted('mass', {
        '5': '0+50x12 600x320',
        '6': '0+30x12 360x320',
        '7': '_x12 0+20x320',
        '8': '_x12 0+30x320',
        '+Inf': '0+20x12 240+50x320',
        missing: '0x332',
      }),
      ...training('mass', { '5': '0.5x24 stale', '6': '0.3x24 stale' }),
      ...training('mass', { '7': '_x12 0.25x320', '8': '_x12 0.35x320' }),
      ...training('mass', { '+Inf': '0.2x12 0.4x320', missing: '0x332' }),
    },
    firing: { '2h': [drifted('age', '0.75')], '24h': [], '27h': [] },
    recorded: {
      '50m': {
        [featureDrift('1h')]: { [AGE_2]: 0.754879, [MASS_2]: 0 },
        [featureDrift('24h')]: { [AGE_2]: 0.754879, [MASS_2]: 0 },
      },
      '100m': {
        [featureDrift('1h')]: { [AGE_2]: 0.754879 },
        [featureDrift('24h')]: { [AGE_2]: 0.754879 },
      },
      '4h': {
        [featureDrift('1h')]: { [AGE_2]: 0, [MASS_2]: 0.041179 },
        [featureDrift('24h')]: { [AGE_2]: 0.209311 },
      },
      '27h': { [featureDrift('24h')]: { [AGE_2]: 0, [MASS_2]: 0.041179 } },
    },
  },
  { alert: FEATURE, when: 'is silent without data', series: {}, firing: { '90m': [] } },
];
