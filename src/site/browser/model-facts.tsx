import type { TensorSpec } from '../../inference/types.ts';
import type { Model } from './server.ts';

/** What a model is, takes and gives, and how good its card says that it is. */
export function ModelFacts({ model }: { model: Model }) {
  const { card, inputs, outputs, version, sha256 } = model;
  const { held_out_rows: rows, ...quality } = card?.quality ?? {};
  return (
    <>
      {card?.description !== undefined && <p>{card.description}</p>}
      {card === null && (
        <p>
          It has no card, so it answers every output by its name. With a <code>model.json</code>{' '}
          beside it, this page has a field for each feature.
        </p>
      )}
      <dl class="facts">
        <Fact name="version" value={version} />
        {card && <Fact name="task" value={card.task} />}
        <Fact name={inputs.length === 1 ? 'input' : 'inputs'} value={inputs.map(describe)} />
        <Fact name={outputs.length === 1 ? 'output' : 'outputs'} value={outputs.map(describe)} />
        {Object.entries(quality).map(([name, value]) => (
          <Fact key={name} name={name.replaceAll('_', ' ')} value={writeQuality(value)} />
        ))}
        {rows !== undefined && <Fact name="measured on" value={`${rows} held-out rows`} />}
        <Fact name="SHA-256" value={sha256.slice(0, 12)} />
      </dl>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string | readonly string[] }) {
  return (
    <div>
      <dt>{name}</dt>
      {[value].flat().map((line) => (
        <dd key={line}>{line}</dd>
      ))}
    </div>
  );
}

function describe({ name, datatype, shape }: TensorSpec): string {
  return `${name} ${datatype} [${shape.map((length) => (length === -1 ? 'any' : length)).join(', ')}]`;
}

/** Three decimals of what goes up to 1, and three digits of what has a unit. */
function writeQuality(value: number): string {
  return Math.abs(value) <= 1 ? value.toFixed(3) : String(Number(value.toPrecision(3)));
}
