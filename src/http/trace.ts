/** W3C Trace Context, version 00: https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;
const SAMPLED = 0x01;

/**
 * The trace id of a `traceparent` header, when the trace is kept (its sampled flag is set): an exemplar that
 * points to a trace nobody recorded would lead nowhere.
 */
export function sampledTraceId(traceparent: string | undefined): string | undefined {
  const [, traceId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || /^0+$/.test(traceId)) return undefined;
  return (Number.parseInt(flags ?? '', 16) & SAMPLED) === 0 ? undefined : traceId;
}
