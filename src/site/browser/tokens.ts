/** Tokens that a person has given, kept for this tab and no longer: closing it forgets them. */

/** What a token may open, of what the pages ask. */
export type Scope = 'predictions' | 'metrics';

const keyOf = (scope: Scope) => `kilat-token-${scope}`;

export function findToken(scope: Scope): string | undefined {
  return sessionStorage.getItem(keyOf(scope)) ?? undefined;
}

export function keepToken(scope: Scope, token: string): void {
  sessionStorage.setItem(keyOf(scope), token);
}
