import { useState } from 'hono/jsx/dom';
import { every } from './every.ts';
import { messageOf } from './message.ts';
import { listModels, type Models } from './server.ts';
import { useEffect } from './use-effect.ts';

/** Models come, go and break while the page is open. */
const INTERVAL_MS = 5000;

/** The models as they are now, and what keeps them from being known. */
export function useModels(): { models: Models | undefined; problem: string | undefined } {
  const [models, setModels] = useState<Models | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  useEffect(
    () =>
      every(INTERVAL_MS, async () => {
        try {
          setModels(await listModels());
          setProblem(undefined);
        } catch (error) {
          setProblem(messageOf(error));
        }
      }),
    [],
  );
  return { models, problem };
}
