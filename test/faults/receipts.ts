import type { FaultyReceiver } from './injected/faulty-receiver.ts';
import type { SeriesValues } from './series.ts';

/** What a process says of itself and its deliveries, which is another at every moment. */
const FLEETING = /^(?:process_|nodejs_|remote_write_|http_connections|http_requests_in_flight)/;

/** How long the last scrape took, which it could not see itself. */
const OF_SCRAPES = /^http_request_duration_seconds_(?:bucket|sum)\{.*route="\/metrics"/;

/**
 * Holds what a receiver has in the end against the last scrape: the same series, each with the same value and with its end
 * marked.
 *
 * @returns what differs, in words
 */
export function compareLast(receiver: FaultyReceiver, scraped: SeriesValues): string[] {
  const differences: string[] = [];
  for (const [series, value] of scraped) {
    if (FLEETING.test(series) || OF_SCRAPES.test(series)) continue;
    const last = receiver.last.get(series);
    if (last !== value) differences.push(`${series}: ${last} received, ${value} scraped`);
  }
  // What ended in the middle of the run did so in one snapshot, which the receiver may have refused for good.
  const mayBeLost = receiver.samples('rejected') > 0;
  for (const series of receiver.last.keys()) {
    if (receiver.ended.has(series) || (mayBeLost && !scraped.has(series))) continue;
    differences.push(`${series}: its end was not marked`);
  }
  return differences;
}
