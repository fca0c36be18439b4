import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Program } from '../../observability/source/local/program.ts';
import { startPrometheus } from '../../observability/source/local/programs.ts';
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
  private readonly program: Program;

  private constructor(url: string, program: Program) {
    this.url = url;
    this.program = program;
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
    const port = where ?? (await freePort());
    const data = mkdtempSync(join(tmpdir(), 'kilat-prometheus-data-'));
    const program = startPrometheus({ command: 'prometheus', config, data, port });
    await program.answers();
    return new Prometheus(`http://127.0.0.1:${port}`, program);
  }

  get writeUrl(): string {
    return `${this.url}/api/v1/write`;
  }

  stop(): Promise<void> {
    return this.program.stop();
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
