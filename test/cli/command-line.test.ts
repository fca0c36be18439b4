import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** A command that has not ended by then is killed, and its exit code is not a number. */
const LONGEST_RUN_MS = 25_000;

/** Runs a command as npm does. */
function run(command: string, ...args: string[]) {
  const { promise, resolve } = Promise.withResolvers<{
    code: unknown;
    stdout: string;
    stderr: string;
  }>();
  execFile(
    process.execPath,
    [`src/cli/${command}.ts`, ...args],
    { timeout: LONGEST_RUN_MS },
    (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }),
  );
  return promise;
}

const refused = (stderr: string) => ({ code: 1, stdout: '', stderr });

describe('every command', { timeout: LONGEST_RUN_MS }, () => {
  it('says where options go when npm has kept them for itself', async () => {
    // What is left of `npm run infer --model digits --requests 3`.
    expect(await run('infer', 'digits', '3')).toEqual(
      refused(
        'error: too many arguments. Expected 0 arguments but got 2: digits, 3.\nput -- before the options: npm run infer -- [options]\n',
      ),
    );
    expect(await run('new', 'iris', 'iris.onnx', 'a,b')).toEqual(
      refused(
        'error: too many arguments. Expected 2 arguments but got 3: iris, iris.onnx, a,b.\nput -- before the options: npm run models:new -- [options] <name> <graph>\n',
      ),
    );
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
