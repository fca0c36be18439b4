import * as z from 'zod';

const labels = z.record(z.string(), z.string());
const point = z.tuple([z.number(), z.string()]);
const answer = z.object({
  status: z.literal('success'),
  data: z.object({
    result: z.array(
      z.object({ metric: labels, value: point.optional(), values: z.array(point).optional() }),
    ),
  }),
});
const names = z.object({ status: z.literal('success'), data: z.array(z.string()) });

/** A series with its values: seconds since the Unix epoch, and what was there then. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

/** Moments in seconds since the Unix epoch, `step` apart. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** What Prometheus answers over its HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/). */
export class PrometheusApi {
  private readonly base: string;

  /** @param base where Prometheus is, such as http://localhost:9090 */
  constructor(base: string) {
    this.base = base;
  }

  /** The values of an expression at one moment. */
  async instant(expr: string, seconds: number): Promise<Series[]> {
    const given = await this.get('query', { query: expr, time: String(seconds) });
    return answer.parse(given).data.result.map(({ metric, value }) => ({
      labels: metric,
      points: value ? [[value[0], Number(value[1])]] : [],
    }));
  }

  /** The values of an expression over time. */
  async range(expr: string, { from, to, step }: TimeRange): Promise<Series[]> {
    const given = await this.get('query_range', {
      query: expr,
      start: String(from),
      end: String(to),
      step: String(step),
    });
    return answer.parse(given).data.result.map(({ metric, values = [] }) => ({
      labels: metric,
      points: values.map(([seconds, value]) => [seconds, Number(value)] as const),
    }));
  }

  /** The values of a label among the series that a selector chooses. */
  async labelValues(label: string, selector: string, { from, to }: TimeRange): Promise<string[]> {
    const given = await this.get(`label/${label}/values`, {
      'match[]': selector,
      start: String(from),
      end: String(to),
    });
    return names.parse(given).data;
  }

  /** @throws Error with what Prometheus says of the query */
  private async get(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const url = new URL(`/api/v1/${path}`, this.base);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const response = await fetch(url);
    if (!response.ok) {
      throw new Error(`Prometheus answers ${response.status} to ${path}: ${await response.text()}`);
    }
    return response.json();
  }
}
