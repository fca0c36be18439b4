import type { ErrorCode } from '../../src/errors.ts';
import type { Answer } from './answer-parser.ts';
import { Counts } from './counts.ts';
import { judge } from './judge.ts';
import type { Question } from './question.ts';
import type { RequestLine } from './request-line.ts';
import type { Cut, Wire } from './wire.ts';

/** How a request ended for its client, once. */
export type Outcome =
  | {
      /** With a whole answer. */
      readonly end: 'answered';
      readonly status: number;
      readonly code: ErrorCode | undefined;
      /** Whether it carries the request's own id, which the app alone repeats. */
      readonly own: boolean;
    }
  /** Its client broke it off, and cannot know what the server made of it. */
  | { readonly end: 'gone' }
  /** Its connection was closed at once, as those are that are too many. */
  | { readonly end: 'dropped' };

type Asked = Pick<Question, 'kind' | 'codes' | 'isReport' | 'isUnlogged'>;

interface Entry {
  readonly question: Asked;
  outcome?: Outcome;
  line?: RequestLine;
}

/** No answer may take longer: REQUEST_TIMEOUT_MS, what a slow client may take before, and a machine that is busy. */
const PATIENCE_MS = 20_000;
/** The first ones say enough. */
const MOST_FAULTS = 100;

/**
 * What the clients have sent, and what has become of each request: exactly one thing. Against it stand the lines that
 * the server has logged, by the ids of the requests.
 */
export class Ledger {
  /** What must not have been, in words. */
  readonly faults: string[] = [];
  /** Requests that were answered and have a line, by status. */
  readonly answered = new Counts();
  /** Lines of requests that their clients have broken off, by status. */
  readonly goneLines = new Counts();
  /** Requests by their kind and how they ended, for a person. */
  readonly byKind = new Counts();
  /** Connections that were closed at once. */
  dropped = 0;
  /** Set once the server has been told to stop: from then on it may close any connection instead of an answer. */
  isStopping = false;
  /** What is not settled: it has not ended, or has no line. */
  private readonly entries = new Map<string, Entry>();
  private last = 0;

  fault(what: string): void {
    if (this.faults.length < MOST_FAULTS) this.faults.push(what);
  }

  /** Books a request that is about to be sent. */
  open(question: Asked): string {
    this.last++;
    const id = `${question.kind.replaceAll(/\W+/g, '-')}.${this.last}`;
    this.entries.set(id, { question });
    return id;
  }

  /** Whether a request has not ended yet. */
  isOpen(id: string): boolean {
    const entry = this.entries.get(id);
    return entry !== undefined && !entry.outcome;
  }

  /** Books how a request has ended for its client. */
  close(id: string, outcome: Outcome): void {
    const entry = this.entries.get(id);
    if (!entry || entry.outcome) {
      this.fault(`${id} has ended twice`);
      return;
    }
    entry.outcome = outcome;
    this.byKind.add(`${entry.question.kind}: ${describe(outcome)}`);
    if (outcome.end === 'dropped') this.dropped++;
    this.match(id, entry);
  }

  /** Takes the line that the server has logged of a request. */
  take(line: RequestLine): void {
    const entry = this.entries.get(line.request_id);
    if (!entry || entry.line) {
      this.fault(`a second line, or one of a request that was not sent: ${JSON.stringify(line)}`);
      return;
    }
    entry.line = line;
    this.match(line.request_id, entry);
  }

  /** Sends a question and books what comes of it, whatever that is. */
  async ask(wire: Wire, question: Question): Promise<Answer | undefined> {
    const id = this.open(question);
    wire.write(question.bytes(id));
    return this.await(wire, id, question);
  }

  /** Waits for the answer to a question that was sent, judges it and books it. */
  async await(
    wire: Wire,
    id: string,
    question: Omit<Question, 'bytes'>,
  ): Promise<Answer | undefined> {
    const answer = await wire.answer(PATIENCE_MS);
    if (typeof answer === 'string') {
      this.closeUnanswered(id, answer, wire);
      return undefined;
    }
    this.closeAnswered(id, answer, question);
    return answer;
  }

  closeAnswered(id: string, answer: Answer, question: Omit<Question, 'bytes'>): void {
    const { code, wrong } = judge(answer, question);
    if (wrong !== undefined) this.fault(`${id}: ${wrong}`);
    const own = answer.headers['x-request-id'] === id;
    this.close(id, { end: 'answered', status: answer.status, code, own });
  }

  private closeUnanswered(id: string, cut: Cut, wire: Wire): void {
    // Connections that are too many are closed before their first answer, and no others while it goes on.
    const isDropped = cut === 'unanswered' && (wire.taken === 0 || this.isStopping);
    if (!isDropped) {
      this.fault(`${id}: no whole answer (${cut}${wire.fault ? `: ${wire.fault}` : ''})`);
      wire.reset();
    }
    this.close(id, { end: isDropped ? 'dropped' : 'gone' });
  }

  /** Holds both sides of a request against each other, as soon as there are both. */
  private match(id: string, { question, outcome, line }: Entry): void {
    if (!outcome || !line) return;
    const status = String(line.status);
    if (outcome.end === 'gone') this.goneLines.add(status);
    else if (outcome.end === 'answered') this.answered.add(status);
    if (!isSame(outcome, line, question)) {
      this.fault(`${id}: ${JSON.stringify(outcome)}, and its line is ${JSON.stringify(line)}`);
    }
    this.entries.delete(id);
  }

  /** Requests that have not ended. */
  underWay(): string[] {
    return this.ids(({ outcome }) => !outcome);
  }

  /** Requests that were answered by the app, and whose lines have not come. */
  withoutLine(): string[] {
    return this.ids(({ outcome }) => outcome?.end === 'answered' && outcome.own);
  }

  /** Requests that their clients have broken off, of which the server has not logged a line. */
  unaccounted(): string[] {
    return this.ids(({ outcome }) => outcome?.end === 'gone');
  }

  /**
   * Answers that were given ahead of the app, by code.
   *
   * @param isUnlogged whether of those that the log has nothing of, or of the others
   */
  ahead(isUnlogged: boolean): Counts {
    const counts = new Counts();
    for (const { question, outcome } of this.entries.values()) {
      const isAhead = outcome?.end === 'answered' && !outcome.own;
      if (isAhead && (question.isUnlogged ?? false) === isUnlogged) {
        counts.add(outcome.code ?? String(outcome.status));
      }
    }
    return counts;
  }

  private ids(isMeant: (entry: Entry) => boolean): string[] {
    return [...this.entries].filter(([, entry]) => isMeant(entry)).map(([id]) => id);
  }
}

/** Whether a line says of a request what its client has seen, as far as that has seen anything. */
function isSame(outcome: Outcome, { status, code }: RequestLine, asked: Asked): boolean {
  if (outcome.end !== 'answered') return outcome.end === 'gone';
  // A body that turns out to be no HTTP is answered at once; its own handler may have had another reason.
  if (!outcome.own) return code !== undefined && asked.codes.includes(code);
  return status === outcome.status && (asked.isReport === true || code === outcome.code);
}

function describe(outcome: Outcome): string {
  return outcome.end === 'answered' ? (outcome.code ?? String(outcome.status)) : outcome.end;
}
