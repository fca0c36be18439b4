import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { LAST_PUSH_SECONDS } from './shutdown.ts';

const FILE = 'docs/deploy/kilat.service';
const text = readFileSync(FILE, 'utf8');
const config = parseConfig({});
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
/** systemd's own grade of what a service may do, from 0, nothing, to 10, everything; below 2 it says OK. */
const MOST_EXPOSURE = 2;

/** Every value that the unit gives to a name. */
function valuesOf(name: string): string[] {
  return [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value ?? '');
}

describe('the systemd unit', () => {
  it('gives it the time to finish what it has accepted', () => {
    expect(valuesOf('KillSignal')).toEqual(['SIGTERM']);
    expect(Number(valuesOf('TimeoutStopSec'))).toBeGreaterThan(
      config.SHUTDOWN_SECONDS + LAST_PUSH_SECONDS,
    );
  });

  it('starts what package.json starts', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const [entry] = /\S+$/.exec(valuesOf('ExecStart').join()) ?? [''];
    expect(existsSync(entry)).toBe(true);
    expect(scripts.start).toBe(`node ${entry}`);
  });

  it('leaves room for every connection', () => {
    expect(Number(valuesOf('LimitNOFILE'))).toBeGreaterThan(2 * config.MAX_CONNECTIONS);
  });

  it('is confined, but for what compiling JavaScript and WebAssembly needs', () => {
    for (const name of ['NoNewPrivileges', 'PrivateTmp', 'PrivateDevices', 'ProtectHome']) {
      expect([name, valuesOf(name)]).toEqual([name, ['true']]);
    }
    expect(valuesOf('ProtectSystem')).toEqual(['strict']);
    expect(valuesOf('CapabilityBoundingSet')).toEqual(['']);
    expect(valuesOf('MemoryDenyWriteExecute')).toEqual([]);
  });

  it.runIf(hasSystemd)('is one that systemd has nothing against', () => {
    expect(verify(text)).toBe('');
    expect(verify(text.replace('TimeoutStopSec', 'TimeoutStoppSec'))).toContain('TimeoutStoppSec');
  });

  it.runIf(hasSystemd)('is little exposed by systemd’s own measure', () => {
    const args = ['security', '--offline=true', `--threshold=${MOST_EXPOSURE * 10}`];
    expect(spawnSync('systemd-analyze', [...args, FILE]).status).toBe(0);
    const open = join(mkdtempSync(join(tmpdir(), 'kilat-unit-')), 'kilat.service');
    writeFileSync(open, text.replaceAll(/^(Protect|Private|Restrict|Capability).*$/gm, ''));
    expect(spawnSync('systemd-analyze', [...args, open]).status).toBe(1);
  });
});

/** What systemd has to say of a unit, with a program that is there in the place of the installed Node. */
function verify(unit: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'kilat-unit-')), 'kilat.service');
  writeFileSync(path, unit.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
  const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], {
    encoding: 'utf8',
  });
  // Of other units of the machine it says what is wrong as well.
  return stderr
    .split('\n')
    .filter((line) => line.includes('kilat'))
    .join('\n');
}
