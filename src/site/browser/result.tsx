import { PredictionTable } from './prediction-table.tsx';
import { Probabilities } from './probabilities.tsx';
import type { Answer } from './server.ts';
import type { Outcome } from './use-prediction.ts';

/** What a model answered: for people in front of the page, and aloud for those who listen to it. */
export function Result({ outcome }: { outcome: Outcome | undefined }) {
  return (
    <section class="result" aria-label="Answer" aria-live="polite">
      {outcome === undefined && <p class="nothing">What the model says comes here.</p>}
      {outcome?.problem !== undefined && <p class="problem">{outcome.problem}</p>}
      {outcome?.success && <Success {...outcome.success} />}
    </section>
  );
}

function Success({ answer, roundTripMs }: { answer: Answer; roundTripMs: number }) {
  const { predictions, outputs, time_ms: inferenceMs } = answer;
  const [first] = predictions;
  return (
    <>
      {predictions.length === 1 && first && <Single prediction={first} />}
      {predictions.length > 1 && <PredictionTable predictions={predictions} />}
      {outputs && <pre tabindex={0}>{JSON.stringify(outputs, null, 2)}</pre>}
      <p class="times">
        inference <b>{inferenceMs.toFixed(3)} ms</b>, there and back{' '}
        <b>{roundTripMs.toFixed(1)} ms</b>
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
  return <pre tabindex={0}>{JSON.stringify(prediction, null, 2)}</pre>;
}
