import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { SETTINGS } from '../../src/config.ts';
import { Running } from './running.ts';

interface Options {
  /** Whether packages are installed. */
  readonly hasPackages?: boolean;
  /** Address that documents name -> the one that it is to have here. */
  readonly addresses?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** A copy of the checkout as git has it, somewhere else, for commands that may write what they like. */
export class Place {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  private readonly root = mkdtempSync(join(tmpdir(), 'kilat-docs-'));
  private readonly addresses: [string, string][];
  private readonly cleanups: (() => unknown)[] = [];

  constructor({ hasPackages = true, addresses = {}, env = {} }: Options = {}) {
    this.folder = join(this.root, 'kilat');
    this.addresses = Object.entries(addresses);
    this.env = { ...this.createEnvironment(hasPackages), ...env };
    for (const path of trackedFiles()) {
      const target = join(this.folder, path);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(path, target, { verbatimSymlinks: true });
    }
    if (hasPackages) symlinkSync(resolve('node_modules'), join(this.folder, 'node_modules'));
    // Commands ask localhost:8000 where they are told no other server.
    for (const path of globSync(join(this.folder, 'src/cli/*.ts'))) {
      writeFileSync(path, this.localise(readFileSync(path, 'utf8')));
    }
  }

  /** Starts commands in the checkout; they are stopped with it at the latest. */
  start(code: string, env: Readonly<Record<string, string>> = {}): Running {
    const cwd = this.folder;
    const running = new Running(this.localise(code), { cwd, env: { ...this.env, ...env } });
    this.onStop(() => running.stop());
    return running;
  }

  /** Starts a server in the checkout, and waits until it answers. */
  async serve(code: string): Promise<Running> {
    const server = this.start(code);
    try {
      await server.answers();
      return server;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Puts the addresses of this place into a text. */
  localise(text: string): string {
    return this.addresses.reduce((all, [named, here]) => all.replaceAll(named, here), text);
  }

  /** Puts the addresses that documents name into what was printed here. */
  delocalise(text: string): string {
    return this.addresses.reduce((all, [named, here]) => all.replaceAll(here, named), text);
  }

  /** Has something done when the place goes, the latest first. */
  onStop(cleanup: () => unknown): void {
    this.cleanups.unshift(cleanup);
  }

  async stop(): Promise<void> {
    for (const cleanup of this.cleanups) await cleanup();
    rmSync(this.root, { recursive: true });
  }

  /** The environment of somebody who has set nothing, and has an empty home. */
  private createEnvironment(hasPackages: boolean): NodeJS.ProcessEnv {
    const home = join(this.root, 'home');
    mkdirSync(home, { recursive: true });
    // What npm and vitest have put there would be this project's own packages.
    const path = (process.env.PATH ?? '')
      .split(delimiter)
      .filter((folder) => !folder.endsWith('node_modules/.bin'));
    if (hasPackages) path.unshift(join(this.folder, 'node_modules/.bin'));
    const inherited = Object.entries(process.env).filter(
      ([name]) => !SETTINGS.some((setting) => setting === name) && name !== 'FORCE_COLOR',
    );
    const npm = (name: string, file: string) =>
      process.env[`npm_config_${name}`] ?? join(homedir(), file);
    return {
      ...Object.fromEntries(inherited),
      HOME: home,
      USER: 'reader',
      PATH: path.join(delimiter),
      NO_COLOR: '1',
      WRANGLER_SEND_METRICS: 'false',
      // Where packages come from is this machine's business; what is in its cache is not fetched again.
      npm_config_userconfig: npm('userconfig', '.npmrc'),
      npm_config_cache: npm('cache', '.npm'),
      npm_config_prefer_offline: 'true',
    };
  }
}

function trackedFiles(): string[] {
  // The checkout may belong to somebody else, as it does in containers.
  const args = ['-c', 'safe.directory=*', 'ls-files', '-z'];
  const paths = execFileSync('git', args, { encoding: 'utf8' }).split('\0');
  return paths.filter((path) => path !== '' && existsSync(path));
}
