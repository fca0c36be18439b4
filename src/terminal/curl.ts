import { COLUMNS, shellWord } from './text.ts';

/** What a person can type to ask a server. */

/** A row longer than this nobody wants to see in a command. */
const LONGEST_ROW = 600;

/** Where a model answers, and a row that it takes. */
export interface Question {
  /** The server's, without a slash at its end. */
  readonly url: string;
  readonly model: string;
  /** JSON; undefined where none is known. */
  readonly row: unknown;
  /** Whether predictions need a token: it is taken from the shell's API_TOKEN, and never shown. */
  readonly needsToken: boolean;
}

/** A command that gets a prediction, a line or several; one that describes the model, where no row can be shown. */
export function curlLines({ url, model, row, needsToken }: Question): string[] {
  const at = `curl -s ${shellWord(`${url}/models/${model}`)}`;
  const body = row === undefined ? '' : JSON.stringify({ instances: [row] });
  if (body === '' || body.length > LONGEST_ROW) return [at];
  return breakLine([
    `curl -s ${shellWord(`${url}/models/${model}/predict`)}`,
    ...(needsToken ? ['-H "authorization: Bearer $API_TOKEN"'] : []),
    "-H 'content-type: application/json'",
    `-d ${shellWord(body)}`,
  ]);
}

/** The parts of a command on one line where they fit, else on a line each. */
function breakLine(parts: readonly string[]): string[] {
  const line = parts.join(' ');
  if (line.length <= COLUMNS) return [line];
  return parts.map((part, i) => `${i > 0 ? '  ' : ''}${part}${i < parts.length - 1 ? ' \\' : ''}`);
}
