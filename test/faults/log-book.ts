import { Counts } from './counts.ts';
import { outcomeOf, protocolOf, type RequestLine, requestLine } from './request-line.ts';
import { seriesName } from './series.ts';
import type { LogLine } from './server.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** What the server's log adds up to, in the names and labels that its metrics should have for it. */
export class LogBook {
  /** `http_request_duration_seconds_count` */
  readonly requests = new Counts();
  /** `prediction_requests_total` */
  readonly predictions = new Counts();
  /** Lines of requests by code. */
  readonly codes = new Counts();
  /** Lines of what was answered ahead of the app, by code. */
  readonly malformed = new Counts();
  /** `prediction_rows_total`: rows of the predictions that were answered. */
  readonly rows = new Counts();
  /** Rows of those that were given up after their time: they may have run all the same. */
  readonly lateRows = new Counts();
  /** The same as requests, by model and version. */
  readonly ran = new Counts();
  readonly late = new Counts();
  /** Lines that are no request's, by level and message. */
  readonly messages = new Counts();
  private readonly onRequest: (line: RequestLine) => void;

  constructor(onRequest: (line: RequestLine) => void) {
    this.onRequest = onRequest;
  }

  take(line: LogLine): void {
    if (line.msg === 'malformed') this.malformed.add(String(line.code));
    if (line.msg !== 'request') {
      this.messages.add(`${line.level}: ${line.msg}`);
      return;
    }
    const request = requestLine.parse(line);
    this.takeRequest(request);
    this.onRequest(request);
  }

  private takeRequest(line: RequestLine): void {
    const { method, route, status, code, model = 'unknown', version = 'unknown', rows } = line;
    const labels = {
      method: METHODS.includes(method) ? method : 'unknown',
      route: route ?? 'unknown',
      status: String(status),
    };
    this.requests.add(seriesName('http_request_duration_seconds_count', labels));
    if (code) this.codes.add(code);
    const protocol = protocolOf(line);
    if (protocol === undefined) return;
    const asked = { model, version, protocol, outcome: outcomeOf(line) };
    this.predictions.add(seriesName('prediction_requests_total', asked));
    if (rows === undefined) return;
    const key = `${model} ${version}`;
    if (code === undefined) {
      this.rows.add(key, rows);
      this.ran.add(key);
    } else if (code === 'timeout') {
      this.lateRows.add(key, rows);
      this.late.add(key);
    }
  }
}
