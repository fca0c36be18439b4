import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { curlLines } from '../../src/terminal/curl.ts';

const question = { url: 'http://h:1', model: 'iris', needsToken: false };

describe('the command that asks a model', () => {
  it('is what a shell makes the same words of, whatever is in the row', () => {
    const row = { text: 'it\'s "$HOME" `x` \\ !' };
    const lines = curlLines({ ...question, row });
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    const words = ['curl() { printf "%s\\n" "$@"; }', ...lines].join('\n');
    const [flag, url, header, type, data, body = ''] = execFileSync('sh', ['-c', words], {
      encoding: 'utf8',
    }).split('\n');
    expect([flag, url, header, type, data]).toEqual([
      '-s',
      'http://h:1/models/iris/predict',
      '-H',
      'content-type: application/json',
      '-d',
    ]);
    expect(JSON.parse(body)).toEqual({ instances: [row] });
  });

  it('takes the token from the shell', () => {
    const lines = curlLines({ ...question, row: [1], needsToken: true });
    expect(lines).toContain('  -H "authorization: Bearer $API_TOKEN" \\');
  });

  it('describes the model where no row is known, or one is too long to show', () => {
    for (const row of [undefined, new Array(784).fill(0)]) {
      expect(curlLines({ ...question, row })).toEqual(['curl -s http://h:1/models/iris']);
    }
  });
});
