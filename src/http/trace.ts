/** W3C Trace Context: https://www.w3.org/TR/trace-context/#traceparent-header */

/** A trace that a request belongs to. */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** The span of the caller: 16 hexadecimal digits. */
  readonly parentId: string;
  /** Whether the trace is kept. */
  readonly sampled: boolean;
}

/** Version 00, and what later versions begin with; `ff` is no version. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 0x01;

/** The trace of a `traceparent` header; undefined when there is none, or one that has to be passed over. */
export function parseTraceparent(header: string | undefined): Trace | undefined {
  if (header === undefined) return undefined;
  const [, version, traceId, parentId, flags, more] = TRACEPARENT.exec(header) ?? [];
  if (traceId === undefined || parentId === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  const sampled = (Number.parseInt(flags ?? '', 16) & SAMPLED) !== 0;
  return { traceId, parentId, sampled };
}

/**
 * The trace id of a trace that is kept: an exemplar that points to a trace nobody recorded would lead nowhere.
 */
export function sampledTraceId(trace: Trace | undefined): string | undefined {
  return trace?.sampled ? trace.traceId : undefined;
}

/** A new span of a trace: 16 hexadecimal digits. */
export function newSpanId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** How a request's own span is passed back to its caller, as `traceresponse` (Trace Context, Level 2, draft). */
export function traceresponse({ traceId, sampled }: Trace, spanId: string): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
