/** What a server says of its own process, in its metrics. */
export interface ServerSample {
  /** Seconds since the load began. */
  readonly at: number;
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly externalMiB: number;
  readonly fds: number;
  /** What keeps its event loop alive: sockets, servers and the like. */
  readonly handles: number;
  readonly cpuSeconds: number;
  /** The longest delay of its event loop since the scrape before. */
  readonly loopLagMaxMs: number;
}

const MIB = 2 ** 20;

/** @param text what /metrics answers with */
export function readServerSample(text: string, at: number): ServerSample {
  const value = (name: string) => sumOf(text, name);
  return {
    at,
    rssMiB: value('process_resident_memory_bytes') / MIB,
    heapMiB: value('nodejs_heap_size_used_bytes') / MIB,
    externalMiB: value('nodejs_external_memory_bytes') / MIB,
    fds: value('process_open_fds'),
    handles: value('nodejs_active_handles'),
    cpuSeconds: value('process_cpu_seconds_total'),
    loopLagMaxMs: value('nodejs_eventloop_lag_max_seconds') * 1000,
  };
}

/** The sum of a metric over its series. */
export function sumOf(text: string, name: string): number {
  const series = text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'));
  return [...series].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Requests that the server has answered, by status. */
export function answeredByStatus(text: string): Record<string, number> {
  const counts: Record<string, number> = {};
  const series = /^http_request_duration_seconds_count\{.*status="(\d+)".*\} (\S+)$/gm;
  for (const [, status = '', value] of text.matchAll(series)) {
    counts[status] = (counts[status] ?? 0) + Number(value);
  }
  return counts;
}
