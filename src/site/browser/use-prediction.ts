import { useRef, useState } from 'hono/jsx/dom';
import { messageOf } from './message.ts';
import { type Answer, predict, ServerError } from './server.ts';

/** What a model is asked, and where. */
export interface Question {
  readonly path: string;
  readonly instances: readonly unknown[];
}

/** What came of asking a model. */
export interface Outcome {
  readonly question: Question;
  /** What the server answered, and the milliseconds until it had; or else why not. */
  readonly success?: { readonly answer: Answer; readonly roundTripMs: number };
  readonly problem?: string;
}

/** What is under way. */
interface Asking {
  isBusy: boolean;
  next: Question | undefined;
  /** Aborted when what is under way is forgotten: its answer is nobody's any more. */
  forgotten: AbortController;
}

/**
 * Asks a model, one request at a time: of what is to be asked meanwhile only the last is, so that drawing never runs
 * ahead of the answers.
 *
 * @param onTokenRefused told when the server wants another token than it got, if it got one
 */
export function usePrediction(onTokenRefused: (hadToken: boolean) => void) {
  const [outcome, setOutcome] = useState<Outcome | undefined>(undefined);
  const [isAsking, setIsAsking] = useState(false);
  const asking = useRef<Asking>({
    isBusy: false,
    next: undefined,
    forgotten: new AbortController(),
  });

  const ask = async (question: Question) => {
    const { current } = asking;
    if (!current) return;
    current.next = question;
    if (current.isBusy) return;
    current.isBusy = true;
    setIsAsking(true);
    while (current.next) {
      const { forgotten, next } = current;
      current.next = undefined;
      const answered = await answer(next, forgotten.signal, onTokenRefused);
      if (!forgotten.signal.aborted) setOutcome(answered);
    }
    current.isBusy = false;
    setIsAsking(false);
  };
  const forget = () => {
    const { current } = asking;
    if (current) {
      current.forgotten.abort();
      current.forgotten = new AbortController();
      current.next = undefined;
    }
    setOutcome(undefined);
  };
  return { outcome, isAsking, ask, forget };
}

async function answer(
  question: Question,
  signal: AbortSignal,
  onTokenRefused: (hadToken: boolean) => void,
): Promise<Outcome> {
  try {
    return { question, success: await predict(question.path, question.instances, signal) };
  } catch (error) {
    if (error instanceof ServerError && error.isAboutToken) onTokenRefused(error.hadToken);
    return { question, problem: messageOf(error) };
  }
}
