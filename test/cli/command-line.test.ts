import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** A command that has not ended by then is killed, and its exit code is not a number. */
const LONGEST_RUN_MS = 25_000;

/** Runs a command as npm does. */
function run(command: string, ...args: string[]) {
  return runIn({}, command, ...args);
}

/** The same with what npm has put into the environment. */
function runIn(env: NodeJS.ProcessEnv, command: string, ...args: string[]) {
  const { promise, resolve } = Promise.withResolvers<{
    code: unknown;
    stdout: string;
    stderr: string;
  }>();
  execFile(
    process.execPath,
    [`src/cli/${command}.ts`, ...args],
    { timeout: LONGEST_RUN_MS, env: { ...process.env, ...env } },
    (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }),
  );
  return promise;
}

const refused = (stderr: string) => ({ code: 1, stdout: '', stderr });

describe('every command', { timeout: LONGEST_RUN_MS }, () => {
  it('says where options go when npm has kept them for itself', async () => {
    const kept = (option: string, usage: string) =>
      refused(`error: npm has kept ${option}: put -- before the options: ${usage}\n`);
    // npm run infer --model digits --max-errors 3
    const infer = 'npm run infer -- [options]';
    const words = { npm_config_model: 'true', npm_config_max_errors: 'true' };
    expect(await runIn(words, 'infer', 'digits', '3')).toEqual(kept('--model', infer));
    // npm run infer --max-errors=3
    expect(await runIn({ npm_config_max_errors: '3' }, 'infer')).toEqual(
      kept('--max-errors', infer),
    );
    expect(await runIn({ npm_config_labels: 'true' }, 'new', 'iris', 'iris.onnx', 'a,b')).toEqual(
      kept('--labels', 'npm run models:new -- [options] <name> <graph>'),
    );
  });

  it('takes nothing that npm has of its own for an option', async () => {
    const settings = { npm_config_json: 'true', npm_config_force: 'true', npm_config_fund: '' };
    expect(await runIn(settings, 'infer', 'digits')).toEqual(
      refused('error: too many arguments. Expected 0 arguments but got 1: digits.\n'),
    );
    expect((await runIn(settings, 'new', '--help')).code).toBe(0);
  });

  it('says which value of an option is wrong', async () => {
    expect(await run('infer', '--rows', 'no')).toEqual(
      refused(
        "error: option '--rows <n>' argument 'no' is invalid. expected a whole number from 1 to 10000000\n",
      ),
    );
  });

  it.each([
    ['check', [''], "command-argument value '' is invalid for argument 'directory'."],
    ['push', ['bucket', ''], "command-argument value '' is invalid for argument 'directory'."],
    ['new', ['iris', ''], "command-argument value '' is invalid for argument 'graph'."],
    ['new', ['a', 'b', '--repository', ''], "option '--repository <directory>' argument '' is"],
    ['profile', ['--data', ''], "option '--data <file>' argument '' is invalid."],
    ['profile', ['--model', ''], "option '--model <name>' argument '' is invalid."],
    ['replay', ['--data='], "option '--data <file>' argument '' is invalid."],
    ['bundle', ['--models', ''], "option '--models <directory>' argument '' is invalid."],
    ['infer', ['--data', ' '], "option '--data <file>' argument ' ' is invalid."],
    ['infer', ['--model', ''], "option '--model <name>' argument '' is invalid."],
    ['alert', ['--model', ''], "option '--model <name>' argument '' is invalid."],
    ['observability-try', ['--keep', ''], "option '--keep <folder>' argument '' is invalid."],
  ])('refuses a name that is none: %s %j', async (command, args, message) => {
    const { code, stdout, stderr } = await run(command, ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error: .* expected a (?:name|path), got nothing\n$/);
  });
});
