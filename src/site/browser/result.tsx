import { useState } from 'hono/jsx/dom';
import { describePrediction, probabilitiesOf } from '../../prediction-text.ts';
import { cutText } from './cut-text.ts';
import { countRowsFromOne } from './message.ts';
import { PredictionTable } from './prediction-table.tsx';
import { Probabilities } from './probabilities.tsx';
import type { Answer, Prediction } from './server.ts';
import { useEffect } from './use-effect.ts';
import type { Outcome } from './use-prediction.ts';

/** What is drawn changes its answer many times a second; aloud it is said once that rests. */
const REST_MS = 700;

/** What a model answered: for people in front of the page, and aloud for those who listen to it. */
export function Result({
  outcome,
  isAsking,
  wrongField,
}: {
  outcome: Outcome | undefined;
  isAsking: boolean;
  /** The feature at whose field it already stands what is wrong. */
  wrongField: string | undefined;
}) {
  const [said, setSaid] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSaid(say(outcome)), REST_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  useEffect(() => {
    // What is said again has to be another thing meanwhile, or it would not be heard.
    if (isAsking) setSaid('');
  }, [isAsking]);
  return (
    <section class="result" aria-label="Answer">
      <p class="unseen" role="status">
        {said}
      </p>
      {outcome === undefined && (
        <p class="nothing">{isAsking ? 'Asking …' : 'What the model says comes here.'}</p>
      )}
      {outcome?.problem !== undefined && (
        <p class="problem">
          {wrongField === undefined
            ? countRowsFromOne(outcome.problem)
            : `The field ${wrongField} is not right.`}
        </p>
      )}
      {outcome?.success && <Success {...outcome.success} />}
    </section>
  );
}

function say(outcome: Outcome | undefined): string {
  if (!outcome?.success) return countRowsFromOne(outcome?.problem ?? '');
  const { predictions } = outcome.success.answer;
  const [first] = predictions;
  return predictions.length === 1 && first
    ? describePrediction(first)
    : `${predictions.length} predictions`;
}

function Success({ answer, roundTripMs }: { answer: Answer; roundTripMs: number }) {
  const { predictions, outputs, time_ms: inferenceMs } = answer;
  const [first] = predictions;
  return (
    <>
      {predictions.length === 1 && first && <Single prediction={first} />}
      {predictions.length > 1 && <PredictionTable predictions={predictions} />}
      {outputs && <pre tabindex={0}>{writeJson(outputs)}</pre>}
      <p class="times">
        {answer.model} v{answer.version}: inference <b>{inferenceMs.toFixed(3)} ms</b>, there and
        back <b>{roundTripMs.toFixed(1)} ms</b>
      </p>
    </>
  );
}

function Single({ prediction }: { prediction: Prediction }) {
  const { label, probabilities: _, value, ...others } = prediction;
  const probabilities = probabilitiesOf(prediction);
  const isVerdict = label !== undefined || typeof value === 'number' || probabilities;
  // Of a model without a card what has one of these names may be any output, and stand beside more.
  const isAll =
    Object.keys(others).length === 0 && !('probabilities' in prediction && !probabilities);
  return (
    <>
      {isVerdict && <p class="verdict">{describePrediction(prediction)}</p>}
      {probabilities && <Probabilities probabilities={probabilities} />}
      {!(isVerdict && isAll) && <pre tabindex={0}>{writeJson(prediction)}</pre>}
    </>
  );
}

function writeJson(value: unknown): string {
  return cutText(JSON.stringify(value, null, 2));
}
