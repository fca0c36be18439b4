import type { ModelState, Models } from './server.ts';
import { linkTo } from './use-selection.ts';

/** Every model with the state of each of its versions; each is a link to try it. */
export function ModelList({ models, selected }: { models: Models; selected: string | undefined }) {
  const byName = Map.groupBy(models.models, ({ name }) => name);
  return (
    <nav class="models" aria-label="Models">
      <ul>
        {[...byName].map(([name, versions]) => (
          <li key={name}>
            <a href={linkTo(name)} aria-current={name === selected ? 'true' : undefined}>
              <span class="name">{name}</span>
              {name === models.default && <small>default</small>}
              {versions.map((version) => (
                <State key={version.version} state={version} />
              ))}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** A version and its state, in words as well as in colour. */
function State({ state: { version, state, reason } }: { state: ModelState }) {
  return (
    <span class="state" data-state={state} title={reason}>
      v{version} {state.toLowerCase()}
    </span>
  );
}
