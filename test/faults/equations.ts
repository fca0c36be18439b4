import { ERRORS } from '../../src/errors.ts';
import { type Counts, sumOf } from './counts.ts';
import type { Ledger } from './ledger.ts';
import type { LogBook } from './log-book.ts';
import { type SeriesValues, total, totalsBy } from './series.ts';

/**
 * What has to add up once nothing is under way, where
 *
 *     A  requests whose clients have got a whole answer, and that have a line in the log
 *     G  requests that have a line, and that their clients have broken off, closed by half or not read
 *     U  requests that their clients have broken off, and that have no line: they never got to the app
 *     P  answers ahead of the app, to what is no request, that the log has a line of (`malformed`)
 *     F  answers ahead of the app that the log has no line of
 *     D  connections that were closed at once
 *
 *     of each status:  http_request_duration_seconds_count = A + G
 *     of each code:    request_errors_total = A + G + P + F, and of too_many_connections D more
 *     of each code:    P by the log = P that clients have seen, and 0 to U more
 *                      D by the metrics = D that clients have seen, and 0 to U more
 *     of each model:   prediction_rows_total = rows of A + G that were answered, and 0 to the rows of those more that
 *                      ran into their timeout
 *
 * That the line of each of A says what its client has seen is what the ledger sees to, request by request.
 */
export class Equations {
  private readonly ledger: Ledger;
  private readonly log: LogBook;
  private readonly metrics: SeriesValues;

  constructor(ledger: Ledger, log: LogBook, metrics: SeriesValues) {
    this.ledger = ledger;
    this.log = log;
    this.metrics = metrics;
  }

  requestsByStatus(): Sides {
    return {
      counted: totalsBy(this.metrics, 'http_request_duration_seconds_count', ['status']),
      booked: sumOf(this.ledger.answered, this.ledger.goneLines).entries(),
    };
  }

  /** The same by method, route and status, which the log alone can say of what was broken off. */
  requestsBySeries(): Sides {
    const { metrics, log } = this;
    return {
      counted: seriesOf(metrics, 'http_request_duration_seconds_count'),
      booked: log.requests.entries(),
    };
  }

  predictions(): Sides {
    const { metrics, log } = this;
    return {
      counted: seriesOf(metrics, 'prediction_requests_total'),
      booked: log.predictions.entries(),
    };
  }

  /** Without the connections that were closed at once, which are held against each other as `dropped`. */
  errorsByCode(): Sides {
    const { log, ledger, metrics } = this;
    const booked = sumOf(log.codes, log.malformed, ledger.ahead(true));
    const counted = totalsBy(metrics, 'request_errors_total', ['code']);
    const code = 'too_many_connections';
    const turnedAway = booked.of(code);
    if (turnedAway > 0) counted[code] = turnedAway;
    else delete counted[code];
    return { counted, booked: booked.entries() };
  }

  /** @returns connections that the server has closed at once, and the least and the most that it may have */
  dropped(): Range {
    const { log, ledger, metrics } = this;
    const code = 'too_many_connections';
    const value = total(metrics, 'request_errors_total', { code }) - log.codes.of(code);
    return { value, least: ledger.dropped, most: ledger.dropped + ledger.unaccounted().length };
  }

  /** @returns for each code what the log has of answers ahead of the app, and what it may have */
  malformed(): Record<string, Range> {
    const seen = this.ledger.ahead(false);
    const unaccounted = this.ledger.unaccounted().length;
    return Object.fromEntries(
      Object.keys(ERRORS).map((code) => [
        code,
        {
          value: this.log.malformed.of(code),
          least: seen.of(code),
          most: seen.of(code) + unaccounted,
        },
      ]),
    );
  }

  /** @returns for each model and version the rows that were predicted, and how many that may be */
  rows(): Record<string, Range> {
    return this.byModel('prediction_rows_total', this.log.rows, this.log.lateRows);
  }

  /** The same for requests that were run. */
  waits(): Record<string, Range> {
    return this.byModel('prediction_queue_time_seconds_count', this.log.ran, this.log.late);
  }

  private byModel(metric: string, certain: Counts, perhaps: Counts): Record<string, Range> {
    const counted = this.of(metric);
    const models = new Set([...Object.keys(counted), ...certain.names()]);
    return Object.fromEntries(
      [...models].map((model) => {
        const least = certain.of(model);
        return [model, { value: counted[model] ?? 0, least, most: least + perhaps.of(model) }];
      }),
    );
  }

  /** Rows, and rows of all runs together. */
  rowsByRuns(): Sides {
    return {
      counted: this.of('prediction_rows_total'),
      booked: this.of('prediction_batch_rows_sum'),
    };
  }

  /** Rows by class together, of the models that have classes, and rows. */
  rowsByClass(): Sides {
    const counted = this.of('prediction_class_total');
    const rows = Object.entries(this.of('prediction_rows_total'));
    return { counted, booked: Object.fromEntries(rows.filter(([model]) => model in counted)) };
  }

  private of(metric: string): Record<string, number> {
    return totalsBy(this.metrics, metric, ['model', 'version']);
  }
}

/** What the server has counted, and what it should have. */
export interface Sides {
  readonly counted: Record<string, number>;
  readonly booked: Record<string, number>;
}

export interface Range {
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

/** Those that are not within their range. */
export function outside(ranges: Readonly<Record<string, Range>>): Record<string, Range> {
  return Object.fromEntries(
    Object.entries(ranges).filter(([, { value, least, most }]) => value < least || value > most),
  );
}

function seriesOf(values: SeriesValues, metric: string): Record<string, number> {
  const own = [...values].filter(
    ([series, value]) => value !== 0 && series.startsWith(`${metric}{`),
  );
  return Object.fromEntries(own);
}
