import { createDriftReference } from '../../../../src/inference/drift-reference.ts';
import { parseModelCard } from '../../../../src/inference/model-card.ts';
import type { Tensor } from '../../../../src/inference/tensor.ts';
import type { TensorSpec } from '../../../../src/inference/types.ts';
import { createCatalog } from '../../../../src/metrics/catalog.ts';
import { type Delta, DeltaOutbox } from '../../../../src/metrics/delta.ts';
import { DriftCounters } from '../../../../src/metrics/drift.ts';
import type { Hub } from '../../../../src/metrics/edge.ts';
import { Recorder } from '../../../../src/metrics/record.ts';

interface Env {
  readonly HUB: { getByName(name: string): Hub };
}

/** A model, and what was asked of each of its versions with what came out. */
export interface Played {
  readonly name: string;
  readonly card: unknown;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly versions: Readonly<
    Record<
      string,
      {
        readonly rows: readonly (readonly (number | null)[])[];
        readonly predictions: readonly (string | number)[];
      }
    >
  >;
}

const ISOLATES = 7;
/** Rows that an isolate is asked for at a time. */
const ROWS = 40;

let isolates: ReturnType<typeof createIsolates> | undefined;

/** Plays many isolates that serve the same models, in front of a real hub. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const models = (await request.json()) as readonly Played[];
    isolates ??= createIsolates();
    // A stub is of the request that it was made in.
    isolates.network.hub = env.HUB.getByName('hub-0');
    if (new URL(request.url).pathname === '/load') await load(isolates, models);
    else await serve(isolates, models);
    return new Response();
  },
};

/** Of every four deltas one is lost on its way, and one is taken without an answer, until `isLossy` ends. */
function createIsolates() {
  const network: { hub?: Hub; isLossy: boolean; calls: number } = { isLossy: true, calls: 0 };
  const apply = async (delta: Delta) => {
    const fate = network.isLossy ? network.calls++ % 4 : 0;
    if (fate === 1) throw new Error('lost on the way');
    await network.hub?.apply(delta);
    if (fate === 3) throw new Error('answer lost');
  };
  const all = Array.from({ length: ISOLATES }, () => {
    const catalog = createCatalog();
    const drift = new DriftCounters(catalog, { maxFeatures: 32, sample: 1, random: Math.random });
    const families = Object.values(catalog);
    const isolate = crypto.randomUUID();
    return {
      recorder: new Recorder(catalog, Date.now, drift),
      outbox: new DeltaOutbox({ families, isolate, apply, now: Date.now }),
    };
  });
  return { all, network };
}

async function load(
  { all, network }: ReturnType<typeof createIsolates>,
  models: readonly Played[],
): Promise<void> {
  network.isLossy = false;
  for (const { recorder, outbox } of all) {
    for (const { name, card: json, inputs, outputs, versions } of models) {
      const card = parseModelCard(json);
      const labels = card.task === 'classification' ? card.labels : [];
      const drift = createDriftReference(card, { inputs, outputs });
      for (const version of Object.keys(versions)) {
        recorder.loaded({ name, version, sha256: '', loadSeconds: 0, labels, drift }, 'wasm');
      }
    }
    await outbox.flush();
  }
  network.isLossy = true;
}

async function serve(
  { all, network }: ReturnType<typeof createIsolates>,
  models: readonly Played[],
): Promise<void> {
  let turn = 0;
  for (const { name, inputs, outputs, versions } of models) {
    for (const [version, { rows, predictions }] of Object.entries(versions)) {
      for (let start = 0; start < rows.length; start += ROWS) {
        const { recorder, outbox } = all[turn++ % ISOLATES] as (typeof all)[number];
        const some = rows.slice(start, start + ROWS);
        const values = some.flat().map((value) => value ?? Number.NaN);
        const input = tensorOf(inputs[0], [some.length, values.length / some.length], values);
        recorder.accepted({ model: name, version, inputs: [input] });
        recorder.ran({
          ...{ model: name, version, rows: some.length, seconds: 0 },
          ...predicted(predictions.slice(start, start + ROWS), outputs),
        });
        await outbox.flush().catch(() => {});
      }
    }
  }
  network.isLossy = false;
  for (const { outbox } of all) await outbox.flush();
}

/** What came out of a run, as a classifier or a regressor tells of it. */
function predicted(predictions: readonly (string | number)[], outputs: readonly TensorSpec[]) {
  const values = predictions.filter((each) => typeof each === 'number');
  if (values.length > 0) {
    return { outputs: [tensorOf(outputs[0], [values.length, 1], values)] };
  }
  const labels = predictions.map(String);
  const counts = new Map(
    [...Map.groupBy(labels, (label) => label)].map(([label, all]) => [label, all.length]),
  );
  return { countClasses: () => counts };
}

function tensorOf(
  spec: TensorSpec | undefined,
  shape: readonly number[],
  values: readonly number[],
): Tensor {
  if (!spec) throw new Error('the graph has no such tensor');
  const { name, datatype } = spec;
  const data = datatype === 'FP64' ? Float64Array.from(values) : Float32Array.from(values);
  return { name, datatype, shape, data };
}
