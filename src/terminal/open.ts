import type { Config } from '../config.ts';
import type { LineWriter } from '../log.ts';
import type { Terminal } from './terminal.ts';
import type { ColourSupport } from './text.ts';

/** A process's standard output. */
export interface Output extends ColourSupport {
  readonly isTTY: boolean;
  write(text: string): unknown;
}

/**
 * For a person on a terminal what the server says is written to be read. Whatever else reads it gets JSON, and does not
 * wait for what only a terminal needs to be loaded.
 *
 * @param lines takes what is to be shown
 * @returns undefined where nobody is there to read, or wants to
 */
export async function openTerminal(
  output: Output,
  { LOG_LEVEL, MODEL_REPOSITORY }: Config,
  version: string,
  lines: LineWriter,
): Promise<Terminal | undefined> {
  if (!output.isTTY || LOG_LEVEL === 'silent') return undefined;
  const { Terminal } = await import('./terminal.ts');
  const terminal = new Terminal(output, lines);
  // At once, as an error that stops the start is.
  output.write(terminal.heading(version, MODEL_REPOSITORY));
  return terminal;
}
