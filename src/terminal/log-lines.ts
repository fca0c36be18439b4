import * as z from 'zod';
import { type Paint, plain } from './text.ts';

/** What every line of the log has, and what those of requests (http/request-log.ts) have beside it. */
const logLine = z.looseObject({
  level: z.string(),
  time: z.number(),
  msg: z.string().default(''),
  /** What was thrown; an object with a stack where that was an Error. */
  err: z.unknown().optional(),
});
const thrown = z.object({ message: z.string().optional(), stack: z.string().optional() });
const requestLine = z.object({
  msg: z.enum(['request', 'call']),
  method: z.string(),
  route: z.string().nullish(),
  status: z.number().optional(),
  grpc_status: z.string().optional(),
  duration_ms: z.number(),
  code: z.string().optional(),
  model: z.string().optional(),
  version: z.string().optional(),
  rows: z.number().optional(),
  request_id: z.string().optional(),
  payload: z.string().optional(),
});

export type LogLine = z.infer<typeof logLine>;
type RequestLine = z.infer<typeof requestLine>;

/**
 * Reads a line as pino writes it.
 *
 * @returns undefined for what is none
 */
export function parseLine(json: string): LogLine | undefined {
  try {
    return logLine.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

/** A line of the log for a person: a request in columns, anything else as its message and its fields. */
export function formatLine(line: LogLine, paint: Paint): string {
  const time = paint('dim', new Date(line.time).toTimeString().slice(0, 8));
  const request = requestLine.safeParse(line);
  if (request.success) return `${time}  ${formatRequest(request.data, paint)}\n`;
  return `${time}  ${formatOther(line, paint)}\n`;
}

function formatRequest(line: RequestLine, paint: Paint): string {
  const { code, model, version, rows, payload } = line;
  const status = paint(colourOf(line), String(line.status ?? line.grpc_status).padEnd(3));
  const isCall = line.msg === 'call';
  const [method, place] = isCall ? ['gRPC', line.method] : [line.method, line.route];
  const parts = [
    `${method.padEnd(4)} ${line.duration_ms.toFixed(1).padStart(8)} ms`,
    place ?? '(no such endpoint)',
  ];
  if (code !== undefined) parts.push(paint('bold', code));
  // By its id the other lines of a request are found, of which there are some where the server is to blame.
  if ((line.status ?? 0) >= 500) parts.push(paint('dim', line.request_id ?? ''));
  if (model !== undefined) parts.push(paint('dim', describe(model, version, rows)));
  const sent = payload === undefined ? '' : `\n          ${paint('dim', plain(payload))}`;
  return `${status}  ${parts.join('  ')}${sent}`;
}

function describe(model: string, version: string | undefined, rows: number | undefined): string {
  const asked = version === undefined ? plain(model) : `${plain(model)} v${version}`;
  return rows === undefined ? asked : `${asked}, ${rows} ${rows === 1 ? 'row' : 'rows'}`;
}

function colourOf({ status = 0, code }: RequestLine): 'green' | 'yellow' | 'red' {
  if (status >= 500 || code === 'internal') return 'red';
  return status >= 400 || code !== undefined ? 'yellow' : 'green';
}

function formatOther({ level, time: _, msg, err, ...fields }: LogLine, paint: Paint): string {
  const tag = level === 'error' ? paint('red', level) : paint('yellow', level);
  const message = level === 'info' ? plain(msg) : `${tag}  ${plain(msg)}`;
  const told = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${formatValue(value)}`);
  const rest = told.length === 0 ? '' : `  ${paint('dim', told.join(' '))}`;
  const trace = err === undefined ? [] : traceOf(err).map((each) => paint('dim', plain(each)));
  return [`${message}${rest}`, ...trace.map((each) => `  ${each}`)].join('\n');
}

/** What was thrown, in lines. */
function traceOf(err: unknown): string[] {
  const { stack, message } = thrown.safeParse(err).data ?? {};
  return (stack ?? message ?? JSON.stringify(err)).split('\n').map((each) => each.trimEnd());
}

function formatValue(value: unknown): string {
  const isWord = typeof value === 'string' && /^[^\s"]+$/.test(value);
  return plain(isWord ? value : JSON.stringify(value));
}
