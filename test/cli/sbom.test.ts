import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ALLOWED,
  EXCEPTIONS,
  findException,
  findLicenceFaults,
  findUnpinned,
  type Package,
  readPackages,
} from '../../src/cli/licences.ts';

const ALL_ALLOWED = ALLOWED.join(', ');

function pack(licence: string | undefined, settings: Partial<Package> = {}): Package {
  return { name: 'some', version: '1.2.3', licence, use: 'runtime', ...settings };
}

/** A component as npm writes it. */
function component(ref: string, licenses: unknown, ...properties: string[]) {
  const at = ref.lastIndexOf('@');
  return {
    'bom-ref': ref,
    type: 'library',
    name: ref.slice(0, at),
    version: ref.slice(at + 1),
    properties: properties.map((name) => ({ name: `cdx:npm:package:${name}`, value: 'true' })),
    ...(licenses !== undefined && { licenses: [licenses] }),
  };
}

describe('what an SBOM lists', () => {
  it('is read with its licence and what it is for', () => {
    const components = [
      component('zod@4.6.7', { license: { id: 'MIT' } }),
      component('@a/b@1.0.0-rc.1', { expression: 'MIT OR Apache-2.0' }, 'development'),
      // npm calls what nothing asks for a development package too.
      component('left@2.0.0', undefined, 'development', 'extraneous'),
      { ...component('real@3.0.0', { license: { id: 'ISC' } }), name: 'alias' },
    ];
    expect(readPackages({ bomFormat: 'CycloneDX', components })).toEqual([
      { name: 'zod', version: '4.6.7', licence: 'MIT', use: 'runtime' },
      {
        name: '@a/b',
        version: '1.0.0-rc.1',
        licence: 'MIT OR Apache-2.0',
        use: 'development',
      },
      { name: 'left', version: '2.0.0', licence: undefined, use: 'extraneous' },
      { name: 'real', version: '3.0.0', licence: 'ISC', use: 'runtime' },
    ]);
  });

  it('is not read from anything else', () => {
    expect(() => readPackages({ spdxVersion: 'SPDX-2.3', packages: [] })).toThrow(/CycloneDX/);
    const components = [component('zod@4.6.7', { license: { name: 'a licence of our own' } })];
    expect(() => readPackages({ bomFormat: 'CycloneDX', components })).toThrow(/licenses/);
  });
});

describe('the licence of a package', () => {
  it.each([
    ...ALLOWED,
    'MIT OR GPL-3.0-only',
    '(GPL-3.0-only OR (ISC AND Apache-2.0))',
    'MIT AND BSD-3-Clause',
  ])('may be %s', (licence) => {
    expect(findLicenceFaults([pack(licence)])).toEqual([]);
  });

  it.each([
    'GPL-3.0-only',
    'MPL-2.0',
    'MIT AND GPL-3.0-only',
    'MPL-2.0 OR GPL-3.0-only',
    'BUSL-1.1',
    'no licence that SPDX knows',
  ])('may not be %s', (licence) => {
    for (const use of ['runtime', 'development'] as const) {
      expect(findLicenceFaults([pack(licence, { use })])).toEqual([
        `some@1.2.3 (${use}): has the licence ${licence}, expected one of ${ALL_ALLOWED}`,
      ]);
    }
  });

  it('has to be there', () => {
    expect(findLicenceFaults([pack(undefined)])).toEqual([
      `some@1.2.3 (runtime): names no licence of SPDX, expected one of ${ALL_ALLOWED}`,
    ]);
  });

  it.each([
    ['lightningcss', 'MPL-2.0'],
    ['lightningcss-darwin-arm64', 'MPL-2.0'],
    ['@img/sharp-libvips-darwin-x64', 'LGPL-3.0-or-later'],
    ['@img/sharp-wasm32', 'Apache-2.0 AND LGPL-3.0-or-later AND MIT'],
    ['spdx-exceptions', 'CC-BY-3.0'],
    ['spdx-ranges', '(MIT AND CC-BY-3.0)'],
  ])('may be an exception for development, and for nothing else: %s', (name, licence) => {
    const development = pack(licence, { name, use: 'development' });
    expect(findLicenceFaults([development])).toEqual([]);
    const exception = findException(development);
    expect(licence).toContain(exception?.licence);

    const runtime = pack(licence, { name });
    expect(findException(runtime)).toBeUndefined();
    expect(findLicenceFaults([runtime])).toEqual([
      `${name}@1.2.3 (runtime): ${exception?.licence} is allowed for development alone`,
    ]);
  });

  it('is no exception for the licence or the name of another', () => {
    const use = 'development';
    const others = [
      pack('GPL-3.0-only', { name: 'lightningcss', use }),
      pack('LGPL-3.0-or-later', { name: 'lightningcss', use }),
      pack('MPL-2.0', { name: 'lightning', use }),
      pack('MPL-2.0 AND GPL-3.0-only', { name: 'lightningcss', use }),
      pack('CC-BY-3.0', { name: 'spdx-ranges-more', use }),
    ];
    expect(findLicenceFaults(others)).toHaveLength(others.length);
    // What has an allowed licence needs no exception.
    expect(findException(pack('MIT', { name: 'lightningcss', use }))).toBeUndefined();
  });

  it('does not matter of what no package.json asks for', () => {
    expect(findLicenceFaults([pack('GPL-3.0-only', { use: 'extraneous' })])).toEqual([]);
  });

  it('is on no list without need', () => {
    // The lock has the packages of every platform, not only those that are installed on this one.
    const lock: { packages: Record<string, { license?: string; dev?: boolean }> } = JSON.parse(
      readFileSync('package-lock.json', 'utf8'),
    );
    const packages = Object.entries(lock.packages).map(([path, { license, dev }]) => {
      const use = dev ? 'development' : 'runtime';
      return pack(license, { name: path.slice(path.lastIndexOf('node_modules/') + 13), use });
    });
    const named = new Set(packages.flatMap(({ licence }) => licence?.match(/[\w.+-]+/g) ?? []));
    expect(ALLOWED.filter((licence) => !named.has(licence))).toEqual([]);
    const used = new Set(packages.map(findException));
    expect(EXCEPTIONS.filter((exception) => !used.has(exception))).toEqual([]);
  });
});

describe('the versions of package.json', () => {
  it('are exact', () => {
    const dependencies = { a: '1.2.3', b: '5.20261117.0-beta.1', c: '1.0.0+build.7' };
    expect(findUnpinned({ dependencies, devDependencies: dependencies })).toEqual([]);
    expect(findUnpinned({ name: 'no dependencies' })).toEqual([]);
  });

  it.each(['^1.2.3', '~1.2.3', '1.2', '1.x', '*', '', 'latest', '>=1.2.3', '1.2.3 || 2.0.0'])(
    'are not "%s"',
    (version) => {
      const line = (group: string) => {
        return `b (${group}): package.json has "${version}", expected an exact version such as 1.2.3`;
      };
      for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
        expect(findUnpinned({ [group]: { a: '1.2.3', b: version } })).toEqual([line(group)]);
      }
    },
  );
});

describe('npm run sbom', () => {
  const made: string[] = [];
  afterEach(() => {
    for (const directory of made.splice(0)) rmSync(directory, { recursive: true });
  });

  function run(
    file: string,
    args: readonly string[],
    cwd = '.',
  ): Promise<{ code: unknown; stdout: string; stderr: string }> {
    return new Promise((done) => {
      // What NODE_ENV says must not matter.
      const env = { ...process.env, NODE_ENV: 'production' };
      execFile(file, args, { cwd, env, timeout: 25_000 }, (error, stdout, stderr) => {
        done({ code: error ? error.code : 0, stdout, stderr });
      });
    });
  }

  /** A project as after `npm install`. */
  function project(manifest: object, installed: Readonly<Record<string, object>>): string {
    const root = mkdtempSync(join(tmpdir(), 'kilat-sbom-'));
    made.push(root);
    const write = (directory: string, content: object) => {
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'package.json'), JSON.stringify(content));
    };
    write(root, { name: 'project', version: '1.0.0', ...manifest });
    for (const [name, content] of Object.entries(installed)) {
      write(join(root, 'node_modules', name), { name, version: '1.0.0', ...content });
    }
    return root;
  }

  const runIn = (root: string, ...args: string[]) => {
    return run(process.execPath, [resolve('src/cli/sbom.ts'), ...args], root);
  };

  it('finds no fault with this checkout, and lists all that it runs on', async () => {
    const { code, stdout, stderr } = await run('npm', ['run', 'sbom', '--', '--check']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^runtime: \d+ packages: \d+ MIT, /m);
    expect(stdout).toMatch(/^development: \d+ packages: \d+ MIT, /m);

    const packages = readPackages(JSON.parse(readFileSync('sbom.cdx.json', 'utf8')));
    const listed = packages.filter(({ use }) => use === 'runtime');
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(listed.map(({ name, version }) => `${name}@${version}`)).toEqual(
      expect.arrayContaining(
        Object.entries(dependencies).map(([name, version]) => `${name}@${version}`),
      ),
    );
  });

  it('says of every package what is wrong with it', async () => {
    const root = project(
      { dependencies: { copyleft: '1.0.0', fine: '^1.0.0' }, devDependencies: { mute: '1.0.0' } },
      {
        copyleft: { license: 'GPL-3.0-only' },
        fine: { license: 'MIT', optionalDependencies: { 'for-another-platform': '1.0.0' } },
        mute: {},
        surplus: { license: 'GPL-3.0-only' },
      },
    );
    const checked = await runIn(root, '--check');
    expect(checked.code).toBe(1);
    const lines = [
      `copyleft@1.0.0 (runtime): has the licence GPL-3.0-only, expected one of ${ALL_ALLOWED}`,
      `mute@1.0.0 (development): names no licence of SPDX, expected one of ${ALL_ALLOWED}`,
      'fine (dependencies): package.json has "^1.0.0", expected an exact version such as 1.2.3',
    ];
    expect(checked.stderr.trimEnd().split('\n')).toEqual(lines);

    // Without --check it shows the same, and a table.
    const shown = await runIn(root);
    expect({ code: shown.code, stderr: shown.stderr }).toEqual({ code: 0, stderr: checked.stderr });
    const rows = shown.stdout.split('\n').filter((line) => line.startsWith('│'));
    expect(rows.map((row) => row.split('│').map((cell) => cell.trim()))).toEqual([
      ['', 'package', 'version', 'licence', 'use', ''],
      ['', 'copyleft', '1.0.0', 'GPL-3.0-only', 'runtime', ''],
      ['', 'fine', '1.0.0', 'MIT', 'runtime', ''],
      ['', 'mute', '1.0.0', 'none', 'development', ''],
      ['', 'surplus', '1.0.0', 'GPL-3.0-only', 'extraneous', ''],
    ]);
  });

  it('says what is missing', async () => {
    const { code, stdout, stderr } = await runIn(
      project({ dependencies: { absent: '1.0.0' } }, {}),
      '--check',
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^npm sbom failed; is all installed \(npm install\)\?\n/);
    expect(stderr).toContain('missing: absent@1.0.0, required by project@1.0.0');
  });
});
