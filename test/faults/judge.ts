import * as z from 'zod';
import { ERRORS, type ErrorCode } from '../../src/errors.ts';
import type { Answer } from './answer-parser.ts';
import type { Question } from './question.ts';

/** What an answer is worth. */
export interface Judgement {
  /** The code of an error. */
  readonly code?: ErrorCode;
  /** What is wrong with it; undefined when it is a right answer, or an error that the question may have. */
  readonly wrong?: string;
}

/** A process that stood still cannot tell who was slow, itself or the client: anybody may have to hear this. */
const TOO_SLOW = 'request_timeout';

const errorBody = z.strictObject({
  error: z.string().min(1),
  code: z.enum(Object.keys(ERRORS) as [ErrorCode]),
});

/** Holds an answer against what was asked. */
export function judge(answer: Answer, question: Omit<Question, 'bytes'>): Judgement {
  const { status, body, headers } = answer;
  if (status === 200 || (status === 503 && question.isReport)) {
    const wrong = question.check ? question.check(answer) : 'expected an error, got 200';
    return wrong === undefined ? {} : { wrong };
  }
  const text = body.toString();
  const what = `${status} ${text.slice(0, 200)}`;
  const parsed = errorBody.safeParse(tryJson(text));
  if (!parsed.success) return { wrong: `no error of the table: ${what}` };
  const { code } = parsed.data;
  const known = ERRORS[code];
  const mayBeRetried = headers['retry-after'] !== undefined;
  if (known.status !== status || known.retryable !== mayBeRetried || !headers['x-request-id']) {
    return { code, wrong: `${code} with ${status} and ${JSON.stringify(headers)}` };
  }
  const isExpected = code === TOO_SLOW || question.codes.includes(code);
  return isExpected ? { code } : { code, wrong: `unexpected ${what}` };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
