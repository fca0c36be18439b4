import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';

/** Says that it has been told to stop, and does not. */
const STUBBORN = `
import { stopOnSignals } from './src/cli/signals.ts';
const signal = stopOnSignals();
setInterval(() => {}, 1000);
signal.addEventListener('abort', () => console.log(signal.reason.message));
console.log('ready');
`;

describe('a signal to stop', () => {
  it('is heard once however often it comes at the same time, and ends the process when it comes again', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', STUBBORN]);
    const lines: string[] = [];
    const output = createInterface(child.stdout).on('line', (line) => lines.push(line));
    await once(output, 'line');
    child.kill('SIGINT');
    child.kill('SIGINT');
    await once(output, 'line');
    expect(lines).toEqual(['ready', 'stopped by SIGINT']);
    // From a person who waits no longer.
    const again = setInterval(() => child.kill('SIGINT'), 100);
    const [code] = await once(child, 'close');
    clearInterval(again);
    expect(code).toBe(130);
    expect(lines).toHaveLength(2);
  });
});
