import type { MiddlewareHandler } from 'hono';
import { timingSafeEqual } from 'hono/utils/buffer';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';

/** What a token may open. */
export type Scope = 'predictions' | 'metrics' | 'models';

/** The tokens of each scope, of which any one opens it: a new one goes in before the old one goes out. */
export type Tokens = Readonly<Record<Scope, readonly string[] | undefined>>;

/** What is off without a token, and how it is turned on; everything else is open to everybody then. */
const OFF_WITHOUT_TOKENS: Partial<Readonly<Record<Scope, string>>> = {
  models: 'loading and unloading models is off here; ADMIN_TOKEN turns it on, on Node',
};

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/** Who may do what: each scope has tokens of its own, and no token opens another scope. */
export class Access {
  private readonly tokens: Tokens;

  constructor(tokens: Tokens) {
    this.tokens = tokens;
  }

  /** Whether a scope asks nobody for a token. */
  isOpen(scope: Scope): boolean {
    return this.tokens[scope] === undefined && OFF_WITHOUT_TOKENS[scope] === undefined;
  }

  /**
   * Holds what a request carries as `Authorization` against the tokens of a scope, in constant time.
   *
   * @throws AppError unauthorized for no token or an unknown one, and forbidden for one of another scope or where
   *   nobody may
   */
  async check(scope: Scope, authorization: string | undefined): Promise<void> {
    const tokens = this.tokens[scope];
    if (!tokens) {
      const off = OFF_WITHOUT_TOKENS[scope];
      if (off === undefined) return;
      throw new AppError('forbidden', off);
    }
    const [, given] = BEARER.exec(authorization ?? '') ?? [];
    const known = given === undefined ? [] : await this.scopesOf(given);
    if (known.includes(scope)) return;
    if (known.length > 0) {
      throw new AppError('forbidden', `the token is good for ${known.join(' and ')} alone`);
    }
    const message = 'expected Authorization: Bearer <token>, with the token set';
    throw new AppError('unauthorized', message, { headers: { 'WWW-Authenticate': 'Bearer' } });
  }

  /** Compares with every token whatever the first ones say, so that the time tells nothing of which it is. */
  private async scopesOf(given: string): Promise<Scope[]> {
    const scopes: Scope[] = [];
    for (const [scope, tokens = []] of Object.entries(this.tokens)) {
      const equal = await Promise.all(tokens.map((token) => timingSafeEqual(given, token)));
      if (equal.includes(true)) scopes.push(scope as Scope);
    }
    return scopes;
  }
}

/** Who may do what by the settings. */
export function createAccess(config: Pick<Config, 'ADMIN_TOKEN' | 'API_TOKEN' | 'METRICS_TOKEN'>) {
  return new Access({
    predictions: config.API_TOKEN,
    metrics: config.METRICS_TOKEN,
    models: config.ADMIN_TOKEN,
  });
}

/** Lets a request pass that may do what the scope says. */
export function requireAccess(access: Access, scope: Scope): MiddlewareHandler {
  return async function requireAccess(c, next) {
    await access.check(scope, c.req.header('Authorization'));
    await next();
  };
}
