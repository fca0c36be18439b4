import { describe, expect, it } from 'vitest';
import { createTestApp } from '../helpers/app.ts';
import { post, readCard } from '../helpers/golden.ts';

const fail = () => {
  throw new Error('no chance');
};

describe('telemetry that fails', () => {
  it('fails no request, is logged once and counted', async () => {
    const { app, catalog, lines } = await createTestApp();
    Object.assign(catalog.predictionRows, {
      cell: () => {
        throw new Error('a broken recorder');
      },
    });
    const [row] = readCard('digits').examples;
    for (let i = 0; i < 3; i++) {
      const response = await app.request('/models/digits/predict', post(row));
      expect(response.status).toBe(200);
    }
    expect(lines.filter(({ msg }) => String(msg).startsWith('telemetry fault'))).toHaveLength(1);
    expect(await (await app.request('/metrics')).text()).toContain('\ntelemetry_faults_total 3\n');
  });

  it('fails no request by counting what a model meets', async () => {
    const { app, lines } = await createTestApp({ DRIFT_SAMPLE: '0.5' }, { random: fail });
    for (const model of ['digits', 'diabetes'] as const) {
      const [row] = readCard(model).examples;
      const response = await app.request(`/models/${model}/predict`, post(row));
      expect(response.status).toBe(200);
    }
    expect(lines).toContainEqual(expect.objectContaining({ err: new Error('no chance') }));
    // The regressor's prediction is counted as well.
    expect(await (await app.request('/metrics')).text()).toContain('\ntelemetry_faults_total 3\n');
  });
});
