import { Command, type ParseOptions } from 'commander';
import { messageOf } from '../errors.ts';
import { endWithReader } from './closed-pipe.ts';

/** Options that are npm's as well: npm may have them of somebody's settings, and not in place of the command. */
const OF_NPM: ReadonlySet<string | undefined> = new Set(['--force', '--json', '--version']);

/** A command as package.json has it: what it says of itself is what a person types. */
export function npmCommand(script: string): Command {
  return new NpmCommand(`npm run ${script} --`);
}

/**
 * Runs a command. What it throws is a line for a person, and exit code 1 where no signal has set another.
 *
 * @param explain writes that line
 */
export async function runCommand(program: Command, explain = messageOf): Promise<void> {
  endWithReader();
  try {
    await program.parseAsync();
  } catch (error) {
    console.error(explain(error));
    process.exitCode ||= 1;
  }
}

class NpmCommand extends Command {
  /** @throws never for an option that npm has kept: the process ends with where it goes */
  override async parseAsync(argv?: readonly string[], options?: ParseOptions): Promise<this> {
    const kept = this.options.find(({ long }) => !OF_NPM.has(long) && isKept(long));
    if (kept) {
      const usage = `${this.name()} ${this.usage()}`;
      this.error(`error: npm has kept ${kept.long}: put -- before the options: ${usage}`);
    }
    return super.parseAsync(argv, options);
  }
}

/** Options that do not come behind `--` are npm's, which puts them into the environment. */
function isKept(long: string | undefined): boolean {
  return process.env[`npm_config_${long?.slice(2).replaceAll('-', '_')}`] !== undefined;
}
