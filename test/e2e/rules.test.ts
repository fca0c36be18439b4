import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { ALERTS } from '../../observability/source/alerts.ts';
import { DRIFT_GROUP } from '../../observability/source/drift-rules.ts';
import { ruleTitle } from '../../observability/source/grafana-rule.ts';

const RULES = ['observability/rules/recording.yml', 'observability/rules/alerts.yml'];
const TESTS = 'observability/rules.test.yml';

const { tests } = z
  .object({
    tests: z.array(
      z.object({
        name: z.string(),
        input_series: z.array(z.object({ series: z.string(), values: z.string() })),
        alert_rule_test: z.array(
          z.object({
            eval_time: z.string(),
            alertname: z.string(),
            exp_alerts: z.array(
              z.object({
                exp_labels: z.record(z.string(), z.string()),
                exp_annotations: z.record(z.string(), z.string()),
              }),
            ),
          }),
        ),
        promql_expr_test: z
          .array(z.object({ expr: z.string(), exp_samples: z.array(z.unknown()) }))
          .default([]),
      }),
    ),
  })
  .parse(parse(readFileSync(TESTS, 'utf8')));

function promtool(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe("Prometheus' own tool", () => {
  it('accepts the configuration, with the rules that it names', () => {
    const { status, output } = promtool('check', 'config', 'observability/prometheus.yml');
    expect(output).toContain('2 rule files found');
    expect([status, output]).toEqual([0, expect.not.stringContaining('FAILED')]);
  });

  it('finds nothing to complain of in the rules', () => {
    const { status, output } = promtool('check', 'rules', '--lint=all', '--lint-fatal', ...RULES);
    expect(output).toContain(`${ALERTS.length} rules found`);
    expect([status, output]).toEqual([0, expect.not.stringContaining('FAILED')]);
  });

  it('sees every alert fire and keep silent when it should', () => {
    const { status, output } = promtool('test', 'rules', TESTS);
    expect([status, output]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });
});

describe('the tests of the rules', () => {
  it.each(ALERTS.map((alert) => ({ ...alert, title: ruleTitle(alert) })))(
    'show $title fire, keep silent and have no data',
    ({ name, window, severity }) => {
      const checks = tests.flatMap(({ input_series, alert_rule_test }) =>
        alert_rule_test
          .filter(({ alertname }) => alertname === name)
          .map(({ exp_alerts }) => ({
            hasData: input_series.length > 0,
            firing: exp_alerts.filter(({ exp_labels }) => exp_labels.window === window),
          })),
      );
      const fires = checks.filter(({ hasData, firing }) => hasData && firing.length > 0);
      const silent = checks.filter(({ hasData, firing }) => hasData && firing.length === 0);
      const withoutData = checks.filter(({ hasData }) => !hasData);
      expect(fires.length).toBeGreaterThan(0);
      expect(silent.length).toBeGreaterThan(0);
      expect(withoutData.length).toBeGreaterThan(0);
      for (const { exp_labels, exp_annotations } of fires.flatMap(({ firing }) => firing)) {
        expect(exp_labels).toMatchObject({ severity });
        expect(Object.keys(exp_annotations)).toEqual(['summary', 'description', 'runbook_url']);
      }
    },
  );

  it('have the values of every rule of drift', () => {
    const checked = tests
      .flatMap(({ promql_expr_test }) => promql_expr_test)
      .filter(({ exp_samples }) => exp_samples.length > 0)
      .map(({ expr }) => /^round\((.+), [\d.]+\)$/.exec(expr)?.[1]);
    const records = DRIFT_GROUP.rules.map(({ record }) => record);
    expect(new Set(records).difference(new Set(checked))).toEqual(new Set());
  });

  it('are played to alerts that there are', () => {
    const names = new Set(ALERTS.map(({ name }) => name));
    const played = tests.flatMap((test) => test.alert_rule_test.map(({ alertname }) => alertname));
    expect(played.filter((name) => !names.has(name))).toEqual([]);
  });
});
