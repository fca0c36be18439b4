import type { Context, Env, Hono } from 'hono';
import { AppError } from '../errors.ts';

/**
 * Answers a method that a path of the route table does not take with 405 and, in Allow, those that it does.
 * Call it after the last route: it works from the routes that are there.
 */
export function refuseOtherMethods<E extends Env>(app: Hono<E>): void {
  const allowed = new Map<string, Set<string>>();
  for (const { method, path } of app.routes) {
    if (method === 'ALL') continue;
    const methods = allowed.get(path) ?? new Set<string>();
    methods.add(method);
    if (method === 'GET') methods.add('HEAD');
    allowed.set(path, methods);
  }
  for (const [path, methods] of allowed) {
    const allow = [...methods].sort().join(', ');
    app.all(path, function methodNotAllowed(c: Context) {
      const message = `${path} takes ${allow}, not ${c.req.method}`;
      throw new AppError('method_not_allowed', message, { headers: { Allow: allow } });
    });
  }
}
