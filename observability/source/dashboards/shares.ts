import { ERRORS } from '../objectives.ts';
import { MODELS, rate } from './selectors.ts';

const REQUESTS = 'prediction_requests_total';

/** What the models of a dashboard were asked, per second. */
export const asked = rate(REQUESTS, MODELS);

/** The share of requests, of those that were not wrong themselves, that were not answered: 0 where none failed. */
export function errorShareOfAll(): string {
  return `(sum(${rate(REQUESTS, `${MODELS},outcome=~"${ERRORS}"`)}) or vector(0)) / (sum(${rate(REQUESTS, `${MODELS},outcome!="invalid"`)}) > 0)`;
}

/** The same by labels. What has the model `unknown` is errors alone, so that it has no share of its own. */
export function errorShareBy(...labels: readonly string[]): string {
  const known = `${MODELS},model!="unknown"`;
  const by = `sum by (${labels.join(', ')})`;
  const counted = `${by} (${rate(REQUESTS, `${known},outcome!="invalid"`)})`;
  return `(${by} (${rate(REQUESTS, `${known},outcome=~"${ERRORS}"`)}) or 0 * ${counted}) / (${counted} > 0)`;
}
