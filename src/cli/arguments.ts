import { InvalidArgumentError } from 'commander';

/** What commands take on the command line, as commander wants it: a value, or an error that says what was expected. */

/**
 * A server's address, with or without a scheme; a path in it is kept, and ends in a slash.
 *
 * @throws Error, which does not repeat the value as commander would, where there are credentials in it
 */
export function serverUrl(value: string): string {
  const hasScheme = /^(?:https?:|[a-z][a-z\d+.-]*:\/\/)/i.test(value);
  const text = hasScheme ? value : `http://${value}`;
  if (hasCredentials(text)) {
    throw new Error('--url: expected no credentials in it; a token is set as API_TOKEN');
  }
  if (!URL.canParse(text)) throw new InvalidArgumentError('expected a URL');
  if (!/^https?:/i.test(text)) throw new InvalidArgumentError('expected an http or https URL');
  return text.endsWith('/') ? text : `${text}/`;
}

function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return text.includes('@');
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}

export function positive(value: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('expected a number above 0');
}

export function positiveInteger(value: string): number {
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new InvalidArgumentError('expected a whole number above 0');
}

/** The same up to a bound. */
export function integerUpTo(most: number): (value: string) => number {
  return (value) => {
    if (/^[1-9]\d*$/.test(value) && Number(value) <= most) return Number(value);
    throw new InvalidArgumentError(`expected a whole number from 1 to ${most}`);
  };
}

export function wholeNumber(value: string): number {
  if (/^\d+$/.test(value)) return Number(value);
  throw new InvalidArgumentError('expected a whole number, 0 or more');
}

export function port(value: string): number {
  const number = Number(value);
  if (/^[1-9]\d*$/.test(value) && number <= 65_535) return number;
  throw new InvalidArgumentError('expected a port, 1 to 65535');
}

/** Of a model, or a version of it. An empty one is what a shell makes of a variable that is not set. */
export function name(value: string): string {
  if (value.trim() !== '') return value;
  throw new InvalidArgumentError('expected a name, got nothing');
}

/** Of a file or a directory; an empty one as well is a variable that is not set. */
export function path(value: string): string {
  if (value.trim() !== '') return value;
  throw new InvalidArgumentError('expected a path, got nothing');
}
