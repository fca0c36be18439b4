import { AppError, messageOf } from '../errors.ts';
import type { Model } from './model.ts';
import { type CardRead, isServing, type ModelEntry, Shelf, type Slot, UNLOADED } from './shelf.ts';
import { SlotLoader, type SlotLoaderParts } from './slot-loader.ts';
import type { ModelStore, StoredModel } from './store.ts';
import { createTurns, type Turns } from './turns.ts';

export interface RepositoryParts extends SlotLoaderParts {
  /** Sees to it that work goes on although the request that began it has ended, where that would stop it. */
  readonly keepAlive?: ((work: Promise<unknown>) => void) | undefined;
  /** Is done when a change must have died, where requests can; the next one then begins. */
  readonly stuck?: (() => Promise<unknown>) | undefined;
}

/** Cards that are read side by side. */
const CARDS_AT_ONCE = 16;

/** A version that this many looks in a row have not found is gone. */
const ABSENCES_OF_THE_GONE = 2;

/**
 * The models that are served, by name and version, and how they follow their store.
 *
 * Whatever changes it does so in turn. What is asked meanwhile is answered by what was there before: a new version is
 * loaded beside the old one, takes its place, and the old one ends with the last request that has it.
 */
export class ModelRepository {
  private readonly store: ModelStore;
  private readonly loader: SlotLoader;
  private readonly keepAlive: (work: Promise<unknown>) => void;
  private readonly inTurn: Turns;
  private readonly shelves = new Map<string, Shelf>();
  private nameList: readonly string[] = [];
  /** Why nothing is known of the store yet; undefined once it has been listed. */
  private problem: string | undefined = 'they have not been listed yet';
  private uses = 0;

  constructor(store: ModelStore, parts: RepositoryParts) {
    this.store = store;
    this.loader = new SlotLoader(parts, () => this.slots());
    this.keepAlive = parts.keepAlive ?? (() => {});
    this.inTurn = createTurns(parts.stuck);
  }

  /**
   * A repository whose models are loaded. One that cannot be leaves the others alone: it is listed with the reason.
   *
   * @throws whatever keeps the store from being listed
   */
  static async load(store: ModelStore, parts: RepositoryParts): Promise<ModelRepository> {
    const repository = new ModelRepository(store, parts);
    await repository.refresh();
    return repository;
  }

  /** Every version of every model, by name and then highest version first. */
  entries(): readonly ModelEntry[] {
    return this.slots().map(({ entry }) => entry);
  }

  names(): readonly string[] {
    return this.nameList;
  }

  /** Whether the store has been listed. */
  get isListed(): boolean {
    return this.problem === undefined;
  }

  /** Why not every model can be asked; undefined when every one can, or has been unloaded on purpose. */
  whyNotReady(): string | undefined {
    if (this.problem !== undefined) return `there are no models: ${this.problem}`;
    const blockers = this.inOrder()
      .filter(({ slots, stopped }) => !stopped && !slots.some(({ entry }) => isServing(entry)))
      .flatMap(({ slots }) => slots.filter(isBlocking))
      .map(({ entry: { name, version } }) => `${name} v${version}`);
    return blockers.length === 0 ? undefined : `not ready: ${blockers.join(', ')}`;
  }

  /**
   * What has become of a version, or of the one that is asked when none is named.
   *
   * @throws AppError model_not_found, version_not_found, and not_ready while nothing is known
   */
  entry(name: string, version?: string): ModelEntry {
    return this.find(name, version).entry;
  }

  /**
   * The model to describe: the given version, or the highest that answers.
   *
   * @throws AppError model_not_found, version_not_found or not_ready
   */
  async get(name: string, version?: string): Promise<Model> {
    const model = await this.use(name, version);
    model.letGo();
    return model;
  }

  /**
   * The model to ask: the given version, or the highest that answers, loaded if need be. Whoever gets it has to let
   * it go; until then its session stays.
   *
   * @param isWanted asked before anything is loaded for it
   * @throws AppError model_not_found, version_not_found, not_ready or cancelled
   */
  use(name: string, version?: string, isWanted = () => true): Model | Promise<Model> {
    const slot = this.find(name, version);
    this.uses++;
    slot.lastUse = this.uses;
    if (slot.model) return slot.model.hold();
    if (!isAskable(slot)) throw notReady(slot);
    return this.change(async () => {
      if (!isWanted()) throw new AppError('cancelled', 'the client went away');
      // Whatever came before has changed it, or another version has taken its place.
      const due = this.find(name, version);
      if (!due.model && isAskable(due)) await this.loadAsked(due);
      if (!due.model) throw notReady(due);
      return due.model.hold();
    });
  }

  /** @throws AppError as `use`, for what would not answer at all */
  requireAskable(name: string, version?: string): void {
    const slot = this.find(name, version);
    if (!slot.model && !isAskable(slot)) throw notReady(slot);
  }

  /** @throws AppError as `use`, for what does not count as ready */
  requireServing(name: string, version?: string): void {
    const slot = this.find(name, version);
    if (!isServing(slot.entry)) throw notReady(slot);
  }

  /** Finds out what the store has, without loading any of it, where that is not known yet. */
  discover(): Promise<void> {
    return this.change(async () => {
      if (!this.isListed) await this.look();
    });
  }

  /** Loads what has been found and is not loaded, and ends what is not there any more. */
  settle(): Promise<void> {
    return this.change(() => this.settleAll());
  }

  /**
   * Follows the store: loads what is new or has changed, and ends what is not there any more.
   *
   * @throws whatever keeps the store from being listed; everything stays as it is then
   */
  refresh(): Promise<void> {
    return this.change(async () => {
      await this.look();
      await this.settleAll();
    });
  }

  /**
   * Loads a model as its files are now, also one that was unloaded.
   *
   * @throws AppError model_not_found, bad_model when one of its versions cannot be loaded, and not_ready when the
   *   store cannot be listed
   */
  load(name: string): Promise<void> {
    return this.change(async () => {
      await this.look({ only: name, explicit: true });
      const shelf = this.shelves.get(name);
      if (!shelf || shelf.slots.every(({ absences }) => absences > 0)) throw unknownModel(name);
      shelf.stopped = false;
      for (const slot of shelf.slots) if (!slot.model) slot.tried = undefined;
      await this.settleShelf(shelf, { explicit: true });
      const failed = shelf.slots.find(({ entry }) => {
        return entry.state === 'READY' ? entry.reason : entry.state === 'UNAVAILABLE';
      });
      if (!failed) return;
      const { version, reason } = failed.entry;
      throw new AppError('bad_model', `model '${name}', version ${version}: ${reason}`);
    });
  }

  /**
   * Takes a model out of service, until it is loaded again. What it has been asked it still answers.
   *
   * @throws AppError model_not_found
   */
  unload(name: string): Promise<void> {
    return this.change(async () => {
      const shelf = this.shelves.get(name);
      if (!shelf) throw unknownModel(name);
      shelf.stopped = true;
      for (const slot of shelf.slots) {
        slot.tried = undefined;
        this.loader.end(slot, () => slot.set(UNLOADED));
      }
    });
  }

  /** A model that is asked for and was not loaded, or whose loading has died with the request that began it. */
  private async loadAsked(slot: Slot): Promise<void> {
    const isResting = isServing(slot.entry);
    await this.loader.load(slot);
    if (slot.model || !isResting || slot.tried !== undefined) return;
    // Its files are other ones than those of the last look.
    await this.look({ only: slot.shelf.name });
    await this.loader.load(slot);
    const { reason = '' } = slot.entry;
    if (!slot.model && slot.tried === undefined) this.loader.rest(slot, reason);
  }

  /** One change at a time. */
  private change<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.inTurn(work);
    this.keepAlive(turn.catch(() => {}));
    return turn;
  }

  private find(name: string, version: string | undefined): Slot {
    const shelf = this.shelves.get(name);
    if (!shelf) {
      if (this.isListed) throw unknownModel(name);
      throw new AppError('not_ready', `there are no models: ${this.problem}`);
    }
    const slot = shelf.find(version);
    if (slot) return slot;
    const known = shelf.slots.map((each) => each.version).join(', ');
    throw new AppError(
      'version_not_found',
      `model '${name}' has no version '${(version ?? '').slice(0, 80)}'; it has ${known || 'none'}`,
    );
  }

  /**
   * @param options.only the one model that is looked for; every one without it
   * @param options.explicit whether somebody asks for it, and vouches for the files
   */
  private async look(options: { only?: string; explicit?: boolean } = {}): Promise<void> {
    const { only, explicit = false } = options;
    let models: readonly StoredModel[];
    try {
      models = await this.store.list();
    } catch (error) {
      if (!this.isListed) this.problem = messageOf(error);
      if (!explicit) throw error;
      throw new AppError('not_ready', messageOf(error), { cause: error });
    }
    const isMeant = ({ name }: { name: string }) => only === undefined || name === only;
    const meant = models.filter(isMeant);
    // Some at a time: a disk does not open thousands of files at once, and a bucket is far away.
    for (let i = 0; i < meant.length; i += CARDS_AT_ONCE) {
      await Promise.all(meant.slice(i, i + CARDS_AT_ONCE).map((each) => this.take(each, explicit)));
    }
    const found = new Set(meant.map(({ name }) => name));
    for (const shelf of this.shelves.values()) {
      if (isMeant(shelf) && !found.has(shelf.name)) shelf.missed();
    }
    this.problem = undefined;
    this.listNames();
  }

  /** Takes in what was found of a model. */
  private async take(model: StoredModel, explicit: boolean): Promise<void> {
    const { name } = model;
    const card = await this.readCard(model, explicit);
    const shelf = this.shelves.get(name) ?? new Shelf(name);
    this.shelves.set(name, shelf);
    if (model.problem !== undefined && shelf.slots.length > 0) shelf.keep(model.problem);
    else shelf.update(model, card);
  }

  /** Anew where it has changed, or could not be read. */
  private async readCard({ name, card }: StoredModel, explicit: boolean): Promise<CardRead> {
    const known = this.shelves.get(name)?.card;
    if (known && card?.changing && !explicit) return known;
    if (known && known.tag === card?.tag && !('error' in known)) return known;
    try {
      return { tag: card?.tag, json: await card?.read() };
    } catch (error) {
      return { tag: card?.tag, error: this.loader.asModelError(error, name, undefined) };
    }
  }

  private listNames(): void {
    this.nameList = [...this.shelves.keys()].sort();
  }

  private inOrder(): readonly Shelf[] {
    return this.nameList.flatMap((name) => this.shelves.get(name) ?? []);
  }

  private slots(): readonly Slot[] {
    return this.inOrder().flatMap(({ slots }) => slots);
  }

  private async settleAll(): Promise<void> {
    for (const shelf of this.inOrder()) await this.settleShelf(shelf);
  }

  /** @param options.explicit whether somebody asks for it, and vouches for the files */
  private async settleShelf(shelf: Shelf, options?: { explicit: boolean }): Promise<void> {
    const { explicit = false } = options ?? {};
    for (const slot of shelf.stopped ? [] : shelf.slots) {
      if (!this.loader.isDue(slot) || (slot.stored.changing && !explicit)) continue;
      // What nobody uses must not drive out what somebody does; but a new version is tried before it is asked.
      const mayWait = !shelf.slots.some((each) => each.model) && !explicit;
      if (mayWait && !this.loader.fits(slot)) this.loader.rest(slot, 'loaded when it is asked for');
      else await this.loader.load(slot);
    }
    const bound = explicit ? 1 : ABSENCES_OF_THE_GONE;
    const gone = shelf.slots.filter(({ absences }) => absences >= bound);
    const others = shelf.slots.filter(({ absences }) => absences < bound);
    // Better an old version than none.
    const isKept = others.length > 0 && !others.some(({ entry }) => isServing(entry));
    if (isKept && !shelf.stopped) return;
    for (const slot of gone) this.loader.end(slot, () => this.forget(slot));
  }

  private forget(slot: Slot): void {
    const { shelf } = slot;
    shelf.remove(slot);
    if (shelf.slots.length === 0 && this.shelves.get(shelf.name) === shelf) {
      this.shelves.delete(shelf.name);
      this.listNames();
    }
  }
}

/**
 * Whether a version of a model that does not answer counts against the server: one that cannot, or that is being
 * loaded. One whose turn has not come is loaded for whoever asks.
 */
function isBlocking({ entry }: Slot): boolean {
  if (entry.state === 'UNAVAILABLE') return entry.fault !== undefined;
  return entry.state === 'LOADING';
}

/** Whether a version that is not loaded is, for whoever asks. */
function isAskable({ entry: { state }, stored }: Slot): boolean {
  return state === 'LOADING' || (state === 'UNKNOWN' && !stored.changing);
}

function notReady({ shelf: { name } }: Slot): AppError {
  return new AppError('not_ready', `model '${name}' is not ready; see /readyz`);
}

function unknownModel(name: string): AppError {
  // The wording is what Open Inference Protocol clients look for.
  return new AppError(
    'model_not_found',
    `Request for unknown model: '${name.slice(0, 80)}' is not found`,
  );
}
