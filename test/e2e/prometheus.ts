import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import * as z from 'zod';
import { freePort } from '../helpers/free-port.ts';

const answer = z.object({
  status: z.literal('success'),
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        value: z.tuple([z.number(), z.string()]),
      }),
    ),
  }),
});

/** Series -> value, as `name{a="1",b="2"}` with the labels in order. */
export type Values = Map<string, number>;

/** A real Prometheus: it scrapes targets every second, and takes remote writes. */
export class Prometheus {
  readonly url: string;
  private readonly stopProcess: () => Promise<void>;

  private constructor(url: string, stopProcess: () => Promise<void>) {
    this.url = url;
    this.stopProcess = stopProcess;
  }

  /** @param targets host:port of what to scrape, as job `scraped` */
  static async start(targets: readonly string[] = []): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'kilat-prometheus-'));
    const config = join(folder, 'prometheus.yml');
    const scrape = { job_name: 'scraped', scrape_interval: '1s', static_configs: [{ targets }] };
    // JSON is YAML too.
    writeFileSync(config, JSON.stringify({ scrape_configs: targets.length > 0 ? [scrape] : [] }));
    return Prometheus.startWith(config);
  }

  /**
   * @param config path of a configuration file
   * @param where the port, where it has to be known before
   */
  static async startWith(config: string, where?: number): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'kilat-prometheus-data-'));
    const port = where ?? (await freePort());
    const child = spawn(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${folder}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--web.enable-remote-write-receiver',
        '--enable-feature=exemplar-storage',
        '--log.level=error',
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const exited = once(child, 'exit');
    const prometheus = new Prometheus(`http://127.0.0.1:${port}`, async () => {
      child.kill('SIGKILL');
      await exited;
    });
    await vi.waitFor(async () => {
      const ready = await fetch(`${prometheus.url}/-/ready`);
      if (!ready.ok) throw new Error('not ready');
    }, 30_000);
    return prometheus;
  }

  get writeUrl(): string {
    return `${this.url}/api/v1/write`;
  }

  stop(): Promise<void> {
    return this.stopProcess();
  }

  /** Asks the HTTP API for an instant vector. Labels of the source (job, instance) are left out. */
  async query(expression: string): Promise<Values> {
    const url = new URL('/api/v1/query', this.url);
    url.searchParams.set('query', expression);
    const { data } = answer.parse(await (await fetch(url)).json());
    return new Map(
      data.result.map(({ metric, value }) => {
        const { __name__: name = '', job: _job, instance: _instance, ...labels } = metric;
        return [formatSeries(name, labels), Number(value[1])];
      }),
    );
  }

  /** The ids of traces that exemplars of a metric point to. */
  async exemplars(metric: string): Promise<string[]> {
    const url = new URL('/api/v1/query_exemplars', this.url);
    url.searchParams.set('query', metric);
    url.searchParams.set('start', String(Date.now() / 1000 - 600));
    url.searchParams.set('end', String(Date.now() / 1000 + 60));
    const { data } = z
      .object({
        data: z.array(
          z.object({ exemplars: z.array(z.object({ labels: z.record(z.string(), z.string()) })) }),
        ),
      })
      .parse(await (await fetch(url)).json());
    return data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id ?? ''));
  }
}

export function formatSeries(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}="${value}"`);
  return `${name}{${pairs.join(',')}}`;
}
