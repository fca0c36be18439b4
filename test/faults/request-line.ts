import * as z from 'zod';
import { ERRORS } from '../../src/errors.ts';

/** The line that the server logs of a request, as far as the ledger needs it. */
export const requestLine = z.looseObject({
  level: z.literal('info'),
  msg: z.literal('request'),
  request_id: z.string(),
  method: z.string(),
  route: z.string().nullable(),
  status: z.number(),
  code: z.enum(Object.keys(ERRORS) as [keyof typeof ERRORS]).optional(),
  model: z.string().optional(),
  version: z.string().optional(),
  rows: z.number().optional(),
});

export type RequestLine = z.infer<typeof requestLine>;

/** Routes that predict, with the name of their protocol in the metrics. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  '/predict': 'predict',
  '/models/:name/predict': 'predict',
  '/models/:name/versions/:version/predict': 'predict',
  '/v2/models/:name/infer': 'v2',
  '/v2/models/:name/versions/:version/infer': 'v2',
  '/v1/models/:call{[^/]+:predict}': 'v1',
  '/v1/models/:name/versions/:versionCall{[^/]+:predict}': 'v1',
  '/invocations': 'mlflow',
};

/** Who may not ask, or is turned away before a route is looked for, has asked for no prediction. */
const BEFORE_PREDICTION = [
  'unauthorized',
  'forbidden',
  'shutting_down',
  'url_too_long',
  'method_not_allowed',
];

/** The protocol of a request that counts as one for a prediction; undefined of any other. */
export function protocolOf({ route, code }: RequestLine): string | undefined {
  if (code !== undefined && BEFORE_PREDICTION.includes(code)) return undefined;
  return PROTOCOLS[route ?? ''];
}

/** How the metrics say that a request for a prediction has ended. */
export function outcomeOf({ code, status }: RequestLine): string {
  if (code === undefined) return 'ok';
  if (status < 500) return 'invalid';
  if (status === 503) return 'rejected';
  return status === 504 ? 'timeout' : 'failed';
}
