import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConfig, SETTINGS } from '../src/config.ts';

describe('settings', () => {
  it('have the documented defaults', () => {
    expect(parseConfig({})).toEqual({
      PORT: 8000,
      HOST: '127.0.0.1',
      MODEL_REPOSITORY: './model',
      MAX_BODY_BYTES: 8 * 1024 * 1024,
      LOG_LEVEL: 'info',
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

  it.each(SETTINGS)('%s stands in the table of README', (name) => {
    expect(readFileSync('README.md', 'utf8')).toMatch(new RegExp(`^\\| \`${name}\` \\|`, 'm'));
  });
});
