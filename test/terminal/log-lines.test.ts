import { describe, expect, it } from 'vitest';
import { formatLine, parseLine } from '../../src/terminal/log-lines.ts';
import type { Paint } from '../../src/terminal/text.ts';

const uncoloured: Paint = (_, text) => text;
const named: Paint = (style, text) => `<${style}>${text}</>`;

/** A line of the log as a person sees it, without the time and the end of the line. */
function show(fields: object, paint = uncoloured): string {
  const line = parseLine(JSON.stringify({ level: 'info', time: 0, ...fields }));
  if (!line) throw new Error('it is no line of a log');
  const text = formatLine(line, paint);
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).replace(/^(?:<dim>)?\d\d:\d\d:\d\d(?:<\/>)? {2}/, '');
}

const request = {
  msg: 'request',
  method: 'POST',
  route: '/predict',
  status: 200,
  duration_ms: 1.26,
};

describe('a line of the log on a terminal', () => {
  it('has of a prediction its status, method, time, route, model and rows', () => {
    expect(show({ ...request, request_id: 'r', model: 'iris', version: '2', rows: 1 })).toBe(
      '200  POST      1.3 ms  /predict  iris v2, 1 row',
    );
    expect(show({ ...request, model: 'iris', version: '2', rows: 3 })).toMatch(/iris v2, 3 rows$/);
  });

  it('has of an error its code, and the id where the server is to blame', () => {
    const error = { ...request, request_id: 'r-1' };
    expect(show({ ...error, status: 400, code: 'bad_json' })).toBe(
      '400  POST      1.3 ms  /predict  bad_json',
    );
    expect(show({ ...error, status: 500, code: 'internal' })).toBe(
      '500  POST      1.3 ms  /predict  internal  r-1',
    );
  });

  it('has of a call over gRPC its status by name', () => {
    const call = { msg: 'call', method: 'ModelInfer', duration_ms: 12.34 };
    expect(show({ ...call, grpc_status: 'OK' })).toBe('OK   gRPC     12.3 ms  ModelInfer');
    expect(show({ ...call, grpc_status: 'NOT_FOUND', code: 'model_not_found' })).toBe(
      'NOT_FOUND  gRPC     12.3 ms  ModelInfer  model_not_found',
    );
  });

  it.each([
    [{ status: 200 }, '<green>200</>'],
    [{ status: 404, code: 'not_found' }, '<yellow>404</>'],
    [{ status: 503, code: 'overloaded' }, '<red>503</>'],
  ])('colours the status of %o', (fields, status) => {
    expect(show({ ...request, ...fields }, named)).toContain(`${status}  POST`);
  });

  it('has the payload where it is logged, below', () => {
    expect(show({ ...request, payload: '{"instances":\n[[1]]}' }).split('\n')).toEqual([
      '200  POST      1.3 ms  /predict',
      '          {"instances": [[1]]}',
    ]);
  });

  it('has the level of a warning and of an error, and every field', () => {
    expect(show({ msg: 'draining', signal: 'SIGINT' })).toBe('draining  signal=SIGINT');
    expect(
      show({ level: 'warn', msg: 'remote write', outcome: 'lost', reason: 'no such host' }),
    ).toBe('warn  remote write  outcome=lost reason="no such host"');
    expect(show({ level: 'error', msg: 'failed', code: 'internal', count: 2, of: null })).toBe(
      'error  failed  code=internal count=2 of=null',
    );
  });

  it.each([
    [
      'an Error',
      { type: 'Error', message: 'm', stack: 'Error: m\n    at x' },
      ['  Error: m', '      at x'],
    ],
    ['something else', 'a text', ['  "a text"']],
    ['an Error without a stack', { message: 'm' }, ['  m']],
  ])('has what was thrown below: %s', (_, err, trace) => {
    const [first, ...below] = show({ level: 'error', msg: 'failed', err }).split('\n');
    expect(first).toBe('error  failed');
    expect(below).toEqual(trace);
  });

  it('has nothing that a terminal would obey', () => {
    const sly = 'a\x1b[2Jb\rc\u009b1md\u202ee\u2028f';
    for (const shown of [
      show({ msg: sly, reason: sly }),
      show({ ...request, payload: sly, model: sly, version: '1' }),
      show({ level: 'error', msg: 'failed', err: { stack: sly } }),
    ]) {
      expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
      expect(shown).toContain('a [2Jb c');
    }
  });

  it('is read from what pino writes, and from nothing else', () => {
    expect(parseLine('{"level":"info","time":1}')).toMatchObject({ msg: '' });
    expect(parseLine('{"level":30}')).toBeUndefined();
    expect(parseLine('[]')).toBeUndefined();
    expect(parseLine('Segmentation fault')).toBeUndefined();
    expect(parseLine('')).toBeUndefined();
  });
});
