/** Tokens that a person has given, kept for this tab and no longer: closing it forgets them. */

/** What a token may open, of what the pages ask. */
export type Scope = 'predictions' | 'metrics';

/** Servers under several paths of one host do not get each other's. */
const keyOf = (scope: Scope) => `kilat-token-${scope} ${new URL('.', document.baseURI).pathname}`;

export function findToken(scope: Scope): string | undefined {
  return sessionStorage.getItem(keyOf(scope)) ?? undefined;
}

export function keepToken(scope: Scope, token: string): void {
  sessionStorage.setItem(keyOf(scope), token);
}

/** Forgets a token that was not taken. */
export function dropToken(scope: Scope): void {
  sessionStorage.removeItem(keyOf(scope));
}
