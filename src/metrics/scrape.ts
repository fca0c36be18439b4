import type { Handler } from 'hono';
import { accepts } from 'hono/accepts';
import { answer } from '../http/answer.ts';
import { CONTENT_TYPES, formatMetrics } from './client.ts';
import type { FamilySnapshot } from './snapshot.ts';

const OPENMETRICS = 'application/openmetrics-text';
const TEXT = 'text/plain';

/** GET /metrics: what has been measured, in OpenMetrics for those who ask for it, else as Prometheus text. */
export function scrape(snapshot: () => Promise<readonly FamilySnapshot[]>): Handler {
  return async function scrape(c) {
    const type = accepts(c, { header: 'Accept', supports: [OPENMETRICS, TEXT], default: TEXT });
    const format = type === OPENMETRICS ? 'openmetrics' : 'text';
    const body = await formatMetrics(await snapshot(), format);
    return answer(c, body, { 'Content-Type': CONTENT_TYPES[format], Vary: 'Accept' });
  };
}
