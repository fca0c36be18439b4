import * as z from 'zod';
import { post, readCard } from '../helpers/golden.ts';
import type { Target } from '../helpers/targets.ts';
import { formatSeries, type Values } from './prometheus.ts';

const answer = z.looseObject({
  predictions: z.array(z.looseObject({ label: z.string().optional() })).optional(),
  code: z.string().optional(),
});

/** How a request ends, by its status; whatever else is the client's own fault. */
const OUTCOMES: Readonly<Record<number, string>> = {
  200: 'ok',
  500: 'failed',
  503: 'rejected',
  504: 'timeout',
};

/** The metrics that a ledger keeps. */
export const LEDGER_METRICS = [
  'prediction_requests_total',
  'prediction_rows_total',
  'prediction_class_total',
  'prediction_time_seconds_count',
  'prediction_queue_time_seconds_count',
  'prediction_batch_rows_count',
  'prediction_batch_rows_sum',
  'http_request_duration_seconds_count',
];

/** What a client has sent and got back, in the names and labels that the metrics should have for it. */
export class Ledger {
  readonly values: Values = new Map();
  private readonly target: Pick<Target, 'fetch'>;

  constructor(target: Pick<Target, 'fetch'>) {
    this.target = target;
  }

  /** Sends rows to a model, and books what comes back. */
  async predict(model: string, rows: readonly unknown[], headers = {}): Promise<void> {
    const response = await this.target.fetch(
      `/models/${model}/predict`,
      post({ instances: rows }, headers),
    );
    const { predictions = [] } = answer.parse(await response.json());
    this.bookRequest(model, response.status);
    if (response.status !== 200) return;
    const labels = { model, version: '1' };
    this.book('prediction_rows_total', labels, rows.length);
    this.book('prediction_batch_rows_sum', labels, rows.length);
    for (const name of ['time_seconds', 'queue_time_seconds', 'batch_rows']) {
      this.book(`prediction_${name}_count`, labels, 1);
    }
    for (const { label } of predictions) {
      if (label) this.book('prediction_class_total', { ...labels, class: label }, 1);
    }
  }

  /** Traffic of every kind: rows of three models, wrong rows, unknown models. */
  async sendMixedTraffic(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const models = ['breast-cancer', 'digits', 'diabetes'] as const;
      await Promise.all(
        models.map(async (model, index) => {
          const { examples } = readCard(model);
          await this.predict(model, examples.slice(0, 1 + ((round + index) % examples.length)));
          if (round % 3 === index) await this.predict(model, [[1, 2]]);
        }),
      );
      await this.predict(`no-such-model-${round}`, [[1]]);
    }
  }

  private bookRequest(model: string, status: number): void {
    // Also one that is not ready is a model of the repository.
    const known = status !== 404;
    this.book(
      'prediction_requests_total',
      {
        model: known ? model : 'unknown',
        version: known ? '1' : 'unknown',
        protocol: 'predict',
        outcome: OUTCOMES[status] ?? 'invalid',
      },
      1,
    );
    const route = '/models/:name/predict';
    const labels = { method: 'POST', route, status: String(status) };
    this.book('http_request_duration_seconds_count', labels, 1);
  }

  private book(name: string, labels: Readonly<Record<string, string>>, amount: number): void {
    const series = formatSeries(name, labels);
    this.values.set(series, (this.values.get(series) ?? 0) + amount);
  }
}

/** What a query for the metrics of a ledger should give: everything booked, and nothing else above zero. */
export function ledgerQuery(selector: string): string {
  return `{__name__=~"${LEDGER_METRICS.join('|')}",${selector},route!~"/metrics|/healthz"} != 0`;
}
