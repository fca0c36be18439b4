import { useId, useRef, useState } from 'hono/jsx/dom';
import { CallExamples } from './call-examples.tsx';
import { DrawPad } from './draw-pad.tsx';
import { FeatureForm } from './feature-form.tsx';
import { findFieldProblem } from './field-problem.ts';
import { findPixels } from './pixels.ts';
import { Result } from './result.tsx';
import { RowsForm } from './rows-form.tsx';
import { type Model, predictPath } from './server.ts';
import { useEffect } from './use-effect.ts';
import { usePrediction } from './use-prediction.ts';

/** The ways in which a model can be asked, of which its card says which there are. */
const WAYS = { draw: 'Draw', fields: 'Fields', rows: 'Rows' } as const;
type Way = keyof typeof WAYS;

/** The forms of a model, what it answered last, and the same question as a program asks it. */
export function ModelForms({
  model,
  versions,
  asksForToken,
  hasToken,
  onTokenRefused,
}: {
  model: Model;
  versions: readonly string[];
  asksForToken: boolean;
  hasToken: boolean;
  onTokenRefused: (hadToken: boolean) => void;
}) {
  const features = model.card?.features;
  const pixels = findPixels(features);
  const ways: Way[] = [
    ...(pixels ? ['draw' as const] : []),
    ...(features ? ['fields' as const] : []),
    'rows',
  ];
  const [way, setWay] = useState<Way>(ways[0] ?? 'rows');
  const shown = useRef(way);
  shown.current = way;
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  // The one that was chosen may have gone meanwhile.
  const version = chosen !== undefined && versions.includes(chosen) ? chosen : undefined;
  const { outcome, isAsking, ask, forget } = usePrediction(onTokenRefused);
  const askRows = (instances: readonly unknown[]) =>
    ask({ path: predictPath(model.name, version), instances });
  const drawn = useRef<readonly unknown[] | undefined>(undefined);
  const askDrawn = (path: string) => {
    if (drawn.current) void ask({ path, instances: drawn.current });
  };
  const wrongField =
    way === 'fields' ? findFieldProblem(outcome?.problem, features ?? [])?.feature : undefined;
  const answer = useRef<HTMLElement | null>(null);
  useEffect(() => {
    // Below a long form nobody would see that it was answered; who draws wants to go on, and has it in sight.
    if (outcome && way !== 'draw' && wrongField === undefined)
      answer.current?.scrollIntoView({ block: 'nearest' });
  }, [outcome]);
  // No button asks about a drawing, so it is asked about again wherever its answer would be another one.
  useEffect(() => {
    if (!hasToken) return;
    // What was said without the token is no answer to whoever has given it.
    forget();
    if (way === 'draw') askDrawn(predictPath(model.name, version));
  }, [hasToken]);
  const selectVersion = (next: string) => {
    setChosen(next);
    forget();
    if (way === 'draw') askDrawn(predictPath(model.name, next));
  };
  const select = (next: Way) => {
    setWay(next);
    forget();
    if (next === 'draw') askDrawn(predictPath(model.name, version));
  };

  return (
    <div class="try">
      <div class="ask">
        <div class="choices">
          {ways.length > 1 && <Ways ways={ways} way={way} onSelect={select} />}
          {versions.length > 1 && (
            <VersionChoice
              versions={versions}
              version={version ?? model.version}
              onSelect={selectVersion}
            />
          )}
        </div>
        {/* What is not shown keeps what was drawn and typed. */}
        {pixels && (
          <div hidden={way !== 'draw'}>
            <DrawPad
              pixels={pixels}
              onDrawn={(rows) => {
                drawn.current = rows;
                // The last of a stroke may come when something else is shown already.
                if (shown.current === 'draw') void askRows(rows);
              }}
              onCleared={() => {
                drawn.current = undefined;
                forget();
              }}
            />
          </div>
        )}
        {features && (
          <div hidden={way !== 'fields'}>
            <FeatureForm
              model={model}
              features={features}
              outcome={way === 'fields' ? outcome : undefined}
              onSubmit={askRows}
              onEdited={forget}
            />
          </div>
        )}
        <div hidden={way !== 'rows'}>
          <RowsForm model={model} onSubmit={askRows} onEdited={forget} />
        </div>
      </div>
      <div class="answer" ref={answer} aria-busy={isAsking ? 'true' : undefined}>
        <Result outcome={outcome} isAsking={isAsking} wrongField={wrongField} />
        {outcome && (
          <CallExamples
            call={{
              url: new URL(outcome.question.path, document.baseURI).href,
              instances: outcome.question.instances,
              needsToken: asksForToken,
            }}
          />
        )}
      </div>
    </div>
  );
}

function Ways({
  ways,
  way,
  onSelect,
}: {
  ways: readonly Way[];
  way: Way;
  onSelect: (way: Way) => void;
}) {
  const group = useId();
  return (
    <fieldset class="segments">
      <legend>Ask by</legend>
      {ways.map((each) => (
        <label key={each}>
          <input type="radio" name={group} checked={each === way} onChange={() => onSelect(each)} />
          {WAYS[each]}
        </label>
      ))}
    </fieldset>
  );
}

function VersionChoice({
  versions,
  version,
  onSelect,
}: {
  versions: readonly string[];
  version: string;
  onSelect: (version: string) => void;
}) {
  const id = useId();
  return (
    <p class="version">
      <label for={id}>Version</label>
      <select
        id={id}
        value={version}
        onChange={(event: Event) => onSelect((event.target as HTMLSelectElement).value)}
      >
        {versions.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </p>
  );
}
