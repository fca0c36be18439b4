import type { Handler } from 'hono';
import { CONTENT_TYPES, formatMetrics } from './client.ts';
import type { FamilySnapshot } from './family.ts';

/** GET /metrics: everything the process knows, as Prometheus reads it. */
export function scrape(snapshot: () => readonly FamilySnapshot[]): Handler {
  return async function scrape(c) {
    const body = await formatMetrics(snapshot(), 'text');
    return c.body(body, 200, { 'Content-Type': CONTENT_TYPES.text });
  };
}
