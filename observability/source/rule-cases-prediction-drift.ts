import { MODEL_REFERENCE, modelBins, modelDrift, modelDriftRows } from './drift-rules.ts';
import { byBin } from './rule-case-bins.ts';
import type { FiringAlert, RuleCase } from './rules-tests.ts';

const PREDICTION = 'PredictionDrift';

const classes = (version: string, values: Readonly<Record<string, string>>, instance?: string) =>
  byBin('prediction_class_total', `model="iris",version="${version}"`, values, instance, 'class');
const trainingClasses = (version: string, values: Readonly<Record<string, string>>) =>
  byBin(
    'prediction_class_reference_ratio',
    `model="iris",version="${version}"`,
    values,
    'a:8000',
    'class',
  );

const outputs = (values: Readonly<Record<string, string>>) =>
  byBin('prediction_output_bin_total', 'model="price",version="1"', values);
const trainingOutputs = (values: Readonly<Record<string, string>>) =>
  byBin('prediction_output_reference_ratio', 'model="price",version="1"', values);

const IRIS_2 = 'model="iris",version="2"';
const PRICE_1 = 'model="price",version="1"';

function predictsOtherwise(model: string, version: string, psi: string): FiringAlert {
  return {
    labels: { severity: 'warning', model, version },
    summary: `Predictions of ${model} v${version} have drifted: PSI ${psi}`,
    description: `Over 24 hours, what ${model} v${version} predicts is spread in another way than over its training data, with a population stability index of ${psi}, above 0.25.`,
  };
}

/** Drift of what models predict. A minute has a hundred rows, unless it is about too few of them. */
export const PREDICTION_DRIFT_CASES: readonly RuleCase[] = [
  {
    alert: PREDICTION,
    when: 'fires for the version whose classes have drifted, one that training does not have among them',
    series: {
      ...classes('1', { benign: '0+62x60', malignant: '0+38x60' }),
      ...trainingClasses('1', { benign: '0.6x60', malignant: '0.4x60' }),
      ...classes('2', { benign: '0+20x60', malignant: '0+30x60', other: '0+10x60' }),
      ...classes('2', { benign: '0+10x60', malignant: '0+30x60' }, 'hub-0'),
      ...trainingClasses('2', { benign: '0.6x60', malignant: '0.4x60' }),
    },
    firing: { '34m': [], '35m': [predictsOtherwise('iris', '2', '0.98')] },
    recorded: {
      '60m': {
        [MODEL_REFERENCE]: {
          'bin="benign",model="iris",version="1"': 0.6,
          'bin="malignant",model="iris",version="1"': 0.4,
          [`bin="benign",${IRIS_2}`]: 0.6,
          [`bin="malignant",${IRIS_2}`]: 0.4,
          [`bin="other",${IRIS_2}`]: 0,
        },
        [modelBins('1h')]: {
          'bin="benign",model="iris",version="1"': 3720,
          'bin="malignant",model="iris",version="1"': 2280,
          [`bin="benign",${IRIS_2}`]: 1800,
          [`bin="malignant",${IRIS_2}`]: 3600,
          [`bin="other",${IRIS_2}`]: 600,
        },
        [modelBins('24h')]: {
          'bin="benign",model="iris",version="1"': 3720,
          'bin="malignant",model="iris",version="1"': 2280,
          [`bin="benign",${IRIS_2}`]: 1800,
          [`bin="malignant",${IRIS_2}`]: 3600,
          [`bin="other",${IRIS_2}`]: 600,
        },
        [modelDriftRows('1h')]: { 'model="iris",version="1"': 6000, [IRIS_2]: 6000 },
        [modelDriftRows('24h')]: { 'model="iris",version="1"': 6000, [IRIS_2]: 6000 },
        [modelDrift('1h')]: { 'model="iris",version="1"': 0.001682, [IRIS_2]: 0.979122 },
        [modelDrift('24h')]: { 'model="iris",version="1"': 0.001682, [IRIS_2]: 0.979122 },
      },
    },
  },
  {
    alert: PREDICTION,
    when: 'fires for a regressor that predicts other values',
    series: {
      ...outputs({ '10': '0+10x60', '20': '0+10x60', '+Inf': '0+80x60', missing: '0x60' }),
      ...trainingOutputs({ '10': '0.25x60', '20': '0.25x60', '+Inf': '0.5x60', missing: '0x60' }),
    },
    firing: { '34m': [], '35m': [predictsOtherwise('price', '1', '0.42')] },
    recorded: {
      '60m': {
        [modelBins('24h')]: {
          [`bin="10",${PRICE_1}`]: 600,
          [`bin="20",${PRICE_1}`]: 600,
          [`bin="+Inf",${PRICE_1}`]: 4800,
          [`bin="missing",${PRICE_1}`]: 0,
        },
        [modelDrift('24h')]: { [PRICE_1]: 0.415888 },
      },
    },
  },
  {
    alert: PREDICTION,
    when: 'fires when a class is never predicted any more',
    series: {
      ...classes('2', { benign: '0+100x60' }),
      ...trainingClasses('2', { benign: '0.6x60', malignant: '0.4x60' }),
    },
    firing: { '40m': [predictsOtherwise('iris', '2', '3.52')] },
    recorded: { '40m': { [modelDrift('24h')]: { [IRIS_2]: 3.521121 } } },
  },
  {
    alert: PREDICTION,
    when: 'is silent below the threshold, about too few rows, and where training is not known',
    series: {
      ...classes('1', { benign: '0+1x90', malignant: '0+4x90' }),
      ...trainingClasses('1', { benign: '0.6x90', malignant: '0.4x90' }),
      ...classes('2', { benign: '0+10x90', malignant: '0+90x90' }),
      ...outputs({ '10': '0+10x90', '20': '0+20x90', '+Inf': '0+70x90', missing: '0x90' }),
      ...trainingOutputs({ '10': '0.25x90', '20': '0.25x90', '+Inf': '0.5x90', missing: '0x90' }),
    },
    firing: { '90m': [] },
    recorded: {
      '90m': {
        [modelDriftRows('24h')]: { 'model="iris",version="1"': 450, [PRICE_1]: 9000 },
        [modelDrift('24h')]: { 'model="iris",version="1"': 0.716704, [PRICE_1]: 0.215895 },
      },
    },
  },
  {
    alert: PREDICTION,
    when: 'is silent in a window without rows',
    series: {
      ...classes('2', { benign: '9x90', malignant: '900x90' }),
      ...trainingClasses('2', { benign: '0.6x90', malignant: '0.4x90' }),
    },
    firing: { '90m': [] },
    nothing: ['90m'],
    recorded: { '90m': { [modelDriftRows('24h')]: { [IRIS_2]: 0 }, [modelDrift('24h')]: {} } },
  },
  { alert: PREDICTION, when: 'is silent without data', series: {}, firing: { '90m': [] } },
];
