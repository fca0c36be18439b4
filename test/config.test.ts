import { describe, expect, it } from 'vitest';
import { parseConfig } from '../src/config.ts';

describe('settings', () => {
  it('have the documented defaults', () => {
    expect(parseConfig({})).toEqual({
      PORT: 8000,
      HOST: '127.0.0.1',
      MODEL_REPOSITORY: './model',
      LOAD_ON_DEMAND: false,
      MAX_BODY_BYTES: 8 * 1024 * 1024,
      MAX_JSON_DEPTH: 64,
      MAX_REQUEST_ROWS: 100_000,
      MAX_TENSOR_ELEMENTS: 16 * 1024 * 1024,
      MAX_URL_BYTES: 8192,
      MAX_HEADER_BYTES: 16_384,
      MAX_CONNECTIONS: 2048,
      HEADER_TIMEOUT_MS: 10_000,
      BODY_TIMEOUT_MS: 20_000,
      IDLE_TIMEOUT_MS: 75_000,
      MAX_LOOP_DELAY_MS: 500,
      MAX_BATCH_ROWS: 64,
      MAX_BATCH_DELAY_MS: 0,
      MAX_QUEUE_ROWS: 1024,
      ENGINE: 'wasm',
      INTRA_OP_THREADS: 1,
      REQUEST_TIMEOUT_MS: 30_000,
      SHUTDOWN_SECONDS: 30,
      METRICS_JOB: 'kilat',
      METRICS_SHARDS: 1,
      METRICS_FLUSH_SECONDS: 5,
      REMOTE_WRITE_INTERVAL_SECONDS: 15,
      REMOTE_WRITE_TIMEOUT_SECONDS: 30,
      REMOTE_WRITE_MAX_PENDING_SAMPLES: 400_000,
      DRIFT_MAX_FEATURES: 32,
      DRIFT_SAMPLE: 1,
      PAGE: 'on',
      LOG_LEVEL: 'info',
      LOG_SAMPLE: 1,
      LOG_PAYLOADS: false,
    });
  });

  it('are read from text, and an empty one counts as unset', () => {
    expect(parseConfig({ PORT: '9000', HOST: '', DEFAULT_MODEL: 'digits' })).toMatchObject({
      PORT: 9000,
      HOST: '127.0.0.1',
      DEFAULT_MODEL: 'digits',
    });
  });

  it('take numbers where a platform hands them over as numbers', () => {
    expect(parseConfig({ MAX_BODY_BYTES: 1000 }).MAX_BODY_BYTES).toBe(1000);
  });

  it('are all reported at once when wrong, without their values', () => {
    const wrong = {
      PORT: '80.5',
      LOG_LEVEL: 'loud-s3cret',
      DEFAULT_MODEL: '../s3cret',
      MAX_BODY_BYTES: '-1',
    };
    expect(() => parseConfig(wrong)).toThrow(
      [
        'wrong settings:',
        '  PORT: expected a whole number from 0 to 65535',
        '  DEFAULT_MODEL: expected a model name',
        '  MAX_BODY_BYTES: expected a whole number from 1 to 2147483647',
        '  LOG_LEVEL: expected debug, info, warn, error or silent',
      ].join('\n'),
    );
  });

  it.each([
    [
      { METRICS_TOKEN: 'p@ss word' },
      'METRICS_TOKEN: expected letters, digits and . _ ~ + / - alone, with commas between several tokens',
    ],
    [
      { API_TOKEN: 'old,' },
      'API_TOKEN: expected letters, digits and . _ ~ + / - alone, with commas between several tokens',
    ],
    [
      { REMOTE_WRITE_BEARER_TOKEN: 's3cret\nx' },
      'REMOTE_WRITE_BEARER_TOKEN: expected letters, digits and . _ ~ + / - alone',
    ],
    [
      { REMOTE_WRITE_MAX_PENDING_SAMPLES: '999' },
      'REMOTE_WRITE_MAX_PENDING_SAMPLES: expected a whole number from 1000 to 10000000',
    ],
    [{ REMOTE_WRITE_URL: 'ftp://x' }, 'REMOTE_WRITE_URL: expected an http or https URL'],
    [
      { REMOTE_WRITE_URL: 'https://me:s3cret@x/' },
      'REMOTE_WRITE_URL: expected no credentials in the URL: use REMOTE_WRITE_USERNAME and REMOTE_WRITE_PASSWORD',
    ],
    [
      { REMOTE_WRITE_USERNAME: 'me' },
      'REMOTE_WRITE_PASSWORD: expected it beside REMOTE_WRITE_USERNAME',
    ],
    [
      { REMOTE_WRITE_PASSWORD: 's3cret' },
      'REMOTE_WRITE_USERNAME: expected it beside REMOTE_WRITE_PASSWORD',
    ],
    [
      {
        REMOTE_WRITE_USERNAME: 'me',
        REMOTE_WRITE_PASSWORD: 'p',
        REMOTE_WRITE_BEARER_TOKEN: 's3cret',
      },
      'REMOTE_WRITE_BEARER_TOKEN: expected either it or a username and password',
    ],
  ])('are held to what can work: %j', (given, message) => {
    expect(() => parseConfig(given)).toThrow(`wrong settings:\n  ${message}`);
    try {
      parseConfig(given);
    } catch (error) {
      expect(String(error)).not.toContain('s3cret');
    }
  });
});
