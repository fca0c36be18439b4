import { useState } from 'hono/jsx/dom';
import { describePrediction } from '../../prediction-text.ts';
import { PredictionTable } from './prediction-table.tsx';
import { Probabilities } from './probabilities.tsx';
import type { Answer } from './server.ts';
import { useEffect } from './use-effect.ts';
import type { Outcome } from './use-prediction.ts';

/** What is drawn changes its answer many times a second; aloud it is said once that rests. */
const REST_MS = 700;

/** What a model answered: for people in front of the page, and aloud for those who listen to it. */
export function Result({
  outcome,
  isAtField,
}: {
  outcome: Outcome | undefined;
  /** Whether what is wrong already stands at the field that it is about. */
  isAtField: boolean;
}) {
  const [said, setSaid] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSaid(say(outcome)), REST_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  return (
    <section class="result" aria-label="Answer">
      <p class="hidden" role="status">
        {said}
      </p>
      {outcome === undefined && <p class="nothing">What the model says comes here.</p>}
      {outcome?.problem !== undefined && (
        <p class="problem">{isAtField ? 'One of the fields is not right.' : outcome.problem}</p>
      )}
      {outcome?.success && <Success {...outcome.success} />}
    </section>
  );
}

function say(outcome: Outcome | undefined): string {
  if (!outcome?.success) return outcome?.problem ?? '';
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

function Single({ prediction }: { prediction: Answer['predictions'][number] }) {
  const { label, probabilities, value } = prediction;
  if (label !== undefined || probabilities) {
    const best = probabilities && Object.entries(probabilities).sort(([, a], [, b]) => b - a)[0];
    return (
      <>
        <p class="verdict">{String(label ?? best?.[0])}</p>
        {probabilities && <Probabilities probabilities={probabilities} />}
      </>
    );
  }
  if (typeof value === 'number') return <p class="verdict">{Number(value.toPrecision(6))}</p>;
  return <pre tabindex={0}>{writeJson(prediction)}</pre>;
}

/** Characters that are shown of an answer: a tensor may have millions. */
const LONGEST_JSON = 20_000;

function writeJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  if (text.length <= LONGEST_JSON) return text;
  return `${text.slice(0, LONGEST_JSON)}\n… ${text.length - LONGEST_JSON} more characters`;
}
