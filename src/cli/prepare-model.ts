import { mayLoop } from '../inference/byte-search.ts';
import { type LoaderParts, loadModel } from '../inference/loader.ts';
import type { Model } from '../inference/model.ts';
import type { ModelCard } from '../inference/model-card.ts';
import type { ModelFiles } from '../inference/store.ts';
import { ModelError, type TensorSpec } from '../inference/types.ts';
import { readCardData } from './card-data.ts';
import { sketchCard, type Wishes } from './card-skeleton.ts';
import { formatCard } from './card-text.ts';
import { holdAgainstCard } from './other-versions.ts';
import type { Place, StagedModel } from './stage-model.ts';
import { tryModel } from './try-model.ts';

/** A version that loads, with the card that it goes with. */
export interface PreparedModel {
  readonly place: Place;
  /** Its files, from the folder of the version. */
  readonly files: readonly string[];
  /** Of the graph and its external data. */
  readonly bytes: number;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** A row that it takes, as JSON; undefined where none is known. */
  readonly row: unknown;
  readonly card: ModelCard | undefined;
  /** What became of the card. */
  readonly cardIs: 'new' | 'as it was' | 'none';
  /** Whether the example of a new card is nobody's row, but what the model was tried with. */
  readonly isMadeUp: boolean;
  /** Columns of the data for a new card that were left out because they have no name. */
  readonly unnamed: number;
  /** Whether the version can be served with what the model has had for a card, too. */
  readonly fitsOldCard: boolean;
  /** Why there is none. */
  readonly why?: string;
}

/**
 * Loads a staged model as the server would, and gives it a card from what has been seen of it.
 *
 * @param wishes undefined where the model keeps the card that it has
 * @throws Error that says why it cannot be served
 */
export async function prepareModel(
  staged: StagedModel,
  wishes: Wishes | undefined,
  parts: LoaderParts,
): Promise<PreparedModel> {
  const { place, files } = staged;
  const { model, files: contents } = await load(staged, parts);
  // What may go round without end is not tried out.
  const trial = mayLoop(contents.graph) ? undefined : await tryModel(model);
  const { inputs, outputs, bytes, card } = model;
  await model.retire();
  const seen = { place, files, bytes, inputs, outputs, row: trial?.row, card };
  const prepared = { ...seen, isMadeUp: false, unnamed: 0, fitsOldCard: true };
  if (!wishes) {
    return { ...prepared, row: card?.examples?.[0] ?? trial?.row, cardIs: 'as it was' };
  }
  const { data: file, ignore = [] } = wishes;
  const data = file === undefined ? undefined : await readCardData(file, ignore, inputs);
  const sketch = sketchCard(place.name, { inputs, outputs, trial }, wishes, data);
  if (!sketch.card && place.hasCard) {
    // It would stay, and nobody has seen that it fits.
    throw new Error(`no card can be written anew for ${place.name}: ${sketch.why}`);
  }
  if (!sketch.card) return { ...prepared, cardIs: 'none', why: sketch.why };
  await staged.writeCard(formatCard(sketch.card));
  // The card is held against the graph as it will be, and its example runs.
  const { model: described } = await load(staged, parts);
  await described.retire();
  const fitsOldCard =
    !place.isKnown || (await holdAgainstCard(place, sketch.card, contents, parts));
  const row = described.card?.examples?.[0] ?? trial?.row;
  const isMadeUp = row !== undefined && !data?.examples.length;
  const { unnamed = 0 } = data ?? {};
  return { ...prepared, row, card: described.card, cardIs: 'new', isMadeUp, unnamed, fitsOldCard };
}

async function load(
  staged: StagedModel,
  parts: LoaderParts,
): Promise<{ model: Model; files: ModelFiles }> {
  const { name, version } = staged.place;
  try {
    const laidOut = await staged.find();
    const [stored] = laidOut.versions;
    if (!stored) throw new Error('its copy has gone');
    const [card, files] = [await laidOut.card?.read(), await stored.read()];
    const model = await loadModel({ name, version, card, files }, parts);
    return { model, files };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const missing = staged.missing.map((path) => `'${path}'`).join(', ');
    const absent = missing && `\nit names files that are not beside it: ${missing}`;
    const message = `${name} v${version} cannot be served (${error.fault}): ${error.message}${absent}`;
    throw new Error(`${message}\nnothing has been put in place`, { cause: error });
  }
}
