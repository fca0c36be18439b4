import { describe, expect, it } from 'vitest';
import { integerUpTo, path, serverUrl } from '../../src/cli/arguments.ts';

describe('an argument', () => {
  it.each([
    ['localhost:8000', 'http://localhost:8000/'],
    ['https://example.com/kilat', 'https://example.com/kilat/'],
    ['HTTP://127.0.0.1:1', 'HTTP://127.0.0.1:1/'],
  ])("is a server's address: %s", (value, url) => {
    expect(serverUrl(value)).toBe(url);
  });

  it.each([
    ['ftp://example.com', 'expected an http or https URL'],
    ['http://a b', 'expected a URL'],
    ['http://localhost:99999', 'expected a URL'],
    ['http://user:secret@localhost', /^--url: expected no credentials in it; a token is set as/],
    ['user:secret@localhost', /^--url: expected no credentials/],
    ['ftp://user:secret@localhost', /^--url: expected no credentials/],
    ['http://user:secret@localhost:99999', /^--url: expected no credentials/],
  ])('is none, and is not repeated where it has a password: %s', (value, why) => {
    expect(() => serverUrl(value)).toThrow(why);
  });

  it('is a whole number up to a bound', () => {
    const parse = integerUpTo(64);
    expect([parse('1'), parse('64')]).toEqual([1, 64]);
    for (const value of ['0', '65', '99999999999', '1.5', '', 'x']) {
      expect(() => parse(value)).toThrow('expected a whole number from 1 to 64');
    }
  });

  it('is a path, which an empty one is not', () => {
    expect(path('models')).toBe('models');
    expect(() => path('')).toThrow('expected a path, got nothing');
  });
});
