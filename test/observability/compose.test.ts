import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { readStages, valuesOf } from './dockerfile.ts';

const FOLDER = 'observability';
const FILE = `${FOLDER}/compose.yaml`;

const service = z.object({
  image: z.string().optional(),
  build: z.object({ context: z.string() }).optional(),
  user: z.string(),
  read_only: z.literal(true),
  tmpfs: z.array(z.string()),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  restart: z.string(),
  ports: z.array(z.string()),
  volumes: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.object({ test: z.tuple([z.literal('CMD')], z.string()) }).optional(),
  entrypoint: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
});

const text = readFileSync(FILE, 'utf8');
const compose = z
  .object({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.null()) })
  .parse(parse(text, { merge: true }));
const services = Object.entries(compose.services);

const lintResults = z.array(
  z.object({ messages: z.array(z.object({ line: z.number(), message: z.string() })) }),
);

/** What the linter has to say, beginning with the schema of the compose specification. */
function lint(content: string): string[] {
  const path = join(mkdtempSync(join(tmpdir(), 'kilat-compose-')), 'compose.yaml');
  writeFileSync(path, content);
  // Keys stand in the order in which they are read: what it is, what it needs, how it is started and checked.
  const linter = new DCLinter({
    rules: { 'service-keys-order': 0 },
    quiet: false,
    debug: false,
    exclude: [],
  });
  const results = lintResults.parse(linter.lintFiles([path], false));
  return results.flatMap(({ messages }) =>
    messages.map(({ line, message }) => `${line}: ${message}`),
  );
}

describe('the compose file', () => {
  it('is of the form that compose wants, and the linter has nothing against it', () => {
    expect(lint(text)).toEqual([]);
    expect(lint(text.replace('depends_on:', 'depends-on:'))).not.toEqual([]);
  });

  it('has the five', () => {
    const names = ['alertmanager', 'grafana', 'kilat', 'mail', 'prometheus'];
    expect(Object.keys(compose.services)).toEqual(names);
  });

  it('takes images by their exact version', () => {
    const images = services.flatMap(([, { image }]) => image ?? []);
    expect(images).toHaveLength(4);
    for (const image of images)
      expect(image).toMatch(/^[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+(-busybox)?$/);
  });

  it('gives nobody privileges', () => {
    for (const [name, { user }] of services) {
      expect([name, user]).toEqual([name, expect.stringMatching(/^[1-9]\d*:\d+$/)]);
    }
  });

  it('can be reached from this machine alone', () => {
    for (const [, { ports }] of services) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:\d+$/);
    }
  });

  it('mounts what is there, for reading, and volumes that it declares', () => {
    const used = new Set<string>();
    for (const [, { volumes }] of services) {
      for (const volume of volumes) {
        const [, source = '', mode] =
          /^(\$\{\w+:-.*?\}|[^:]+):[^:]+(?::(\w+))?$/.exec(volume) ?? [];
        const path = /^\$\{\w+:-(.*)\}$/.exec(source)?.[1] ?? source;
        if (!path.startsWith('.')) used.add(path);
        else expect([path, existsSync(join(FOLDER, path)), mode]).toEqual([path, true, 'ro']);
      }
    }
    expect([...used].sort()).toEqual(Object.keys(compose.volumes));
  });

  it('checks everybody’s health, and begins with those that others need', () => {
    for (const [name, { healthcheck, build }] of services) {
      const ofImage =
        build && valuesOf(readStages('Dockerfile').at(-1) ?? [], 'HEALTHCHECK').length;
      expect([name, healthcheck !== undefined || ofImage === 1]).toEqual([name, true]);
    }
    for (const [, { depends_on }] of services) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(Object.keys(compose.services)).toContain(name);
        expect(condition).toBe('service_healthy');
      }
    }
  });

  it('takes the variables that .env.example explains, and the other way round', () => {
    const code = text.replaceAll(/^\s*#.*$/gm, '');
    const used = new Set([...code.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name));
    const example = readFileSync(`${FOLDER}/.env.example`, 'utf8');
    const explained = [...example.matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    expect(explained.toSorted()).toEqual([...used].sort());
    expect(new Set(explained).size).toBe(explained.length);
    // Empty, so that a copy has the defaults; and each paragraph says what it is before it names it.
    for (const paragraph of example.trim().split('\n\n')) {
      expect(paragraph).toMatch(/^# /);
      for (const line of paragraph.split('\n')) expect(line).toMatch(/^#|^\w+=$/);
    }
  });

  it('gives the values that generated files ask for', () => {
    const given = (name: string) => Object.keys(compose.services[name]?.environment ?? {});
    const asked = (path: string) => {
      const content = readFileSync(join(FOLDER, path), 'utf8').replaceAll(/^\s*#.*$/gm, '');
      return [...content.matchAll(/(?<!\$)\$\{(\w+)\}/g)].map(([, name]) => name ?? '');
    };
    const alertmanager = asked('alertmanager/alertmanager.yml');
    expect(alertmanager).toContain('SMTP_SMARTHOST');
    expect(given('alertmanager')).toEqual(expect.arrayContaining(alertmanager));
    const provisioning = ['alerting/contact-points', 'alerting/policies', 'datasources/prometheus'];
    const grafana = provisioning.flatMap((name) => asked(`grafana/provisioning/${name}.yaml`));
    expect(grafana).toContain('PROMETHEUS_URL');
    expect(given('grafana')).toEqual(expect.arrayContaining(grafana));
  });

  it('leads Prometheus to the others, in its generated configuration', () => {
    const [shell, option, script = '', name] = compose.services.prometheus?.entrypoint ?? [];
    expect([shell, option, name]).toEqual(['/bin/sh', '-c', 'prometheus']);
    const [substitution = ''] = script.split(' && ');
    const target = join(mkdtempSync(join(tmpdir(), 'kilat-compose-')), 'prometheus.yml');
    const here = substitution
      .replace('/etc/kilat/prometheus.yml', `${FOLDER}/prometheus.yml`)
      .replace('/tmp/prometheus.yml', target);
    execFileSync('sh', ['-ec', here]);
    const written = parse(readFileSync(target, 'utf8'));
    expect(written.rule_files).toEqual(['/etc/kilat/rules/*.yml']);
    const [{ static_configs: alertmanagers }] = written.alerting.alertmanagers;
    expect(alertmanagers).toEqual([{ targets: ['alertmanager:9093'] }]);
    const [{ job_name, static_configs: targets }] = written.scrape_configs;
    expect({ job_name, targets }).toEqual({
      job_name: 'kilat',
      targets: [{ targets: ['kilat:8000'] }],
    });
    // What is given to the shell is given to Prometheus.
    expect(script).toMatch(/ && exec \/bin\/prometheus "\$\$@"$/);
    expect(compose.services.prometheus?.command).toContain('--config.file=/tmp/prometheus.yml');
  });
});
