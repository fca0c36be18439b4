import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { ALERT_GROUPS, ALERTS } from '../../observability/source/alerts.ts';
import { Grafana, HAS_GRAFANA } from './grafana.ts';
import { Prometheus } from './prometheus.ts';

const TITLE = HAS_GRAFANA
  ? 'a Grafana with the files of observability/grafana'
  : 'a Grafana with the files of observability/grafana (not run: there is no Grafana on this machine)';

/** Predictions that have taken 4 s together, which is above the 3 s of Alert_Prediction_Time. */
const METRICS = `# TYPE prediction_time_seconds histogram
prediction_time_seconds_bucket{model="iris",version="1",le="+Inf"} 8
prediction_time_seconds_sum{model="iris",version="1"} 4
prediction_time_seconds_count{model="iris",version="1"} 8
`;

const rule = z.looseObject({
  uid: z.string(),
  title: z.string(),
  data: z.array(z.looseObject({})),
});
const groups = z.object({
  groups: z.tuple([
    z.object({
      name: z.string(),
      folder: z.string(),
      interval: z.string(),
      rules: z.array(rule),
    }),
  ]),
});
const states = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        name: z.string(),
        rules: z.array(
          z.object({
            name: z.string(),
            state: z.string(),
            health: z.string(),
            lastEvaluation: z.iso.datetime({ offset: true }),
          }),
        ),
      }),
    ),
  }),
});

function readGroup(file: string) {
  const path = `observability/grafana/provisioning/alerting/${file}-alert-group.yaml`;
  return groups.parse(parse(readFileSync(path, 'utf8'))).groups[0];
}

describe.skipIf(!HAS_GRAFANA)(TITLE, () => {
  let metrics: Server;
  let prometheus: Prometheus;
  let grafana: Grafana;

  beforeAll(async () => {
    metrics = createServer((_, answer) => {
      answer.setHeader('Content-Type', 'text/plain; version=0.0.4');
      answer.end(METRICS);
    }).listen(0, '127.0.0.1');
    await once(metrics, 'listening');
    const { port } = metrics.address() as AddressInfo;
    prometheus = await Prometheus.start([`127.0.0.1:${port}`]);
    grafana = await Grafana.start(prometheus.url);
  });

  afterAll(async () => {
    await grafana?.stop();
    await prometheus?.stop();
    metrics?.close();
  });

  it.each(['prediction', 'service'])('exports the rules that it was given: %s', async (file) => {
    const given = readGroup(file);
    const folders = z
      .array(z.object({ uid: z.string(), title: z.string() }))
      .parse(await grafana.get('/api/folders'));
    const folder = folders.find(({ title }) => title === given.folder)?.uid;
    const path = `/api/v1/provisioning/folder/${folder}/rule-groups/${encodeURIComponent(given.name)}/export?format=json`;
    const [exported] = groups.parse(await grafana.get(path)).groups;
    expect(exported.name).toBe(given.name);
    expect(exported.interval).toBe(given.interval);
    expect(exported.rules.map(({ uid }) => uid)).toEqual(given.rules.map(({ uid }) => uid));
    for (const [i, expected] of given.rules.entries()) {
      expect(exported.rules[i]).toMatchObject({
        ...expected,
        // A step that computes has no time, which Grafana may leave out.
        data: expected.data.map(({ relativeTimeRange: _, ...step }) => step),
      });
    }
  });

  it('has the contact points, the policies, the mail and the data source', async () => {
    const points = await grafana.get('/api/v1/provisioning/contact-points');
    expect(points).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'Kilat email', type: 'email' }),
        expect.objectContaining({ name: 'Kilat webhook', type: 'webhook' }),
      ]),
    );
    expect(await grafana.get('/api/v1/provisioning/policies')).toMatchObject({
      receiver: 'Kilat email',
      repeat_interval: '12h',
    });
    expect(await grafana.get('/api/v1/provisioning/templates/kilat')).toMatchObject({
      template: expect.stringContaining('kilat.subject'),
    });
    expect(await grafana.get('/api/datasources/uid/prometheus')).toMatchObject({
      type: 'prometheus',
      isDefault: true,
    });
  });

  it('evaluates every rule, and fires Alert_Prediction_Time above 3 s', async () => {
    await vi.waitFor(
      async () => {
        const { data } = states.parse(await grafana.get('/api/prometheus/grafana/api/v1/rules'));
        const names = Object.values(ALERT_GROUPS).map(({ name }): string => name);
        const rules = data.groups
          .filter(({ name }) => names.includes(name))
          .flatMap((group) => group.rules);
        expect(rules).toHaveLength(ALERTS.length);
        for (const { name, health, lastEvaluation } of rules) {
          expect([name, health]).toEqual([name, expect.stringMatching(/^(ok|nodata)$/)]);
          // Before the first time it is of the year 1.
          expect(Date.parse(lastEvaluation)).toBeGreaterThan(0);
        }
        if (!grafana.isOwn) return;
        const first = rules.find(({ name }) => name === 'Alert_Prediction_Time');
        expect(first).toMatchObject({ state: 'firing', health: 'ok' });
      },
      { timeout: 180_000, interval: 2000 },
    );
  }, 200_000);
});
