import pino from 'pino/browser.js';
import { describe, expect, it, vi } from 'vitest';
import { workerLogOptions } from '../../src/log.ts';
import { createTestApp } from '../helpers/app.ts';

describe('a fault that nobody foresaw', () => {
  it('is answered without a word of what it was, and logged with all of them', async () => {
    const { app, catalog, lines } = await createTestApp();
    const fault = new TypeError('no route to 10.0.0.7, password hunter2');
    Object.assign(catalog.buildInfo, {
      snapshot: () => {
        throw fault;
      },
    });
    const response = await app.request('/metrics');
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      error: 'the server failed; its log has the reason',
      code: 'internal',
    });
    expect(lines).toContainEqual(expect.objectContaining({ level: 'error', err: fault }));
  });

  it('is logged with its message and its stack at the edge too', () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    pino(workerLogOptions('info')).error({ err: new TypeError('boom') }, 'failed');
    const line = JSON.parse(String(log.mock.calls[0]?.[0]));
    log.mockRestore();
    expect(line).toMatchObject({
      level: 'error',
      msg: 'failed',
      err: {
        type: 'TypeError',
        message: 'boom',
        stack: expect.stringContaining('error-body.test'),
      },
    });
  });
});
