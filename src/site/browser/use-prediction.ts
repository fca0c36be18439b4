import { useRef, useState } from 'hono/jsx/dom';
import { messageOf } from './message.ts';
import { type Answer, predict, ServerError } from './server.ts';

/** What came of asking a model. */
export interface Outcome {
  readonly instances: readonly unknown[];
  /** What the server answered, and the milliseconds until it had; or else why not. */
  readonly success?: { readonly answer: Answer; readonly roundTripMs: number };
  readonly problem?: string;
}

/**
 * Asks a model, one request at a time: of what is to be asked meanwhile only the last is, so that drawing never runs
 * ahead of the answers.
 *
 * @param onTokenRefused told when the server wants another token than it got
 */
export function usePrediction(path: string, onTokenRefused: () => void) {
  const [outcome, setOutcome] = useState<Outcome | undefined>(undefined);
  const [isAsking, setIsAsking] = useState(false);
  const queue = useRef<{ busy: boolean; next: readonly unknown[] | undefined }>({
    busy: false,
    next: undefined,
  });

  const ask = async (instances: readonly unknown[]) => {
    const { current: waiting } = queue;
    if (!waiting) return;
    waiting.next = instances;
    if (waiting.busy) return;
    waiting.busy = true;
    setIsAsking(true);
    while (waiting.next) {
      const rows: readonly unknown[] = waiting.next;
      waiting.next = undefined;
      try {
        setOutcome({ instances: rows, success: await predict(path, rows) });
      } catch (error) {
        if (error instanceof ServerError && error.isAboutToken) onTokenRefused();
        setOutcome({ instances: rows, problem: messageOf(error) });
      }
    }
    waiting.busy = false;
    setIsAsking(false);
  };
  const forget = () => setOutcome(undefined);
  return { outcome, isAsking, ask, forget };
}
