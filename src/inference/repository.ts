import { AppError } from '../errors.ts';
import { Inventory } from './inventory.ts';
import type { Model } from './model.ts';
import { isServing, type ModelEntry, type Shelf, type Slot, UNLOADED } from './shelf.ts';
import { SlotLoader, type SlotLoaderParts } from './slot-loader.ts';
import type { ModelStore } from './store.ts';
import { createTurns, type Turns } from './turns.ts';

export interface RepositoryParts extends SlotLoaderParts {
  /** Sees to it that work goes on although the request that began it has ended, where that would stop it. */
  readonly keepAlive?: ((work: Promise<unknown>) => void) | undefined;
  /** Is done when a change must have died, where requests can; the next one then begins. */
  readonly stuck?: (() => Promise<unknown>) | undefined;
}

/** A version that this many looks in a row have not found is gone. */
const ABSENCES_OF_THE_GONE = 2;

/**
 * The models that are served, by name and version, and how they follow their store.
 *
 * Whatever changes it does so in turn. What is asked meanwhile is answered by what was there before: a new version is
 * loaded beside the old one, takes its place, and the old one ends with the last request that has it.
 */
export class ModelRepository {
  private readonly inventory: Inventory;
  private readonly loader: SlotLoader;
  private readonly keepAlive: (work: Promise<unknown>) => void;
  private readonly inTurn: Turns;
  private uses = 0;

  constructor(store: ModelStore, parts: RepositoryParts) {
    this.loader = new SlotLoader(parts, () => this.inventory.slots());
    this.inventory = new Inventory(store, (error, name) => this.loader.asModelError(error, name));
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
    return this.inventory.slots().map(({ entry }) => entry);
  }

  names(): readonly string[] {
    return this.inventory.names();
  }

  /** Whether the store has been listed. */
  get isListed(): boolean {
    return this.inventory.problem === undefined;
  }

  /** Why not every model can be asked; undefined when every one can, or has been unloaded on purpose. */
  whyNotReady(): string | undefined {
    const { problem } = this.inventory;
    if (problem !== undefined) return `there are no models: ${problem}`;
    const blockers = this.inventory
      .inOrder()
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
    return this.inventory.find(name, version).entry;
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
    const slot = this.inventory.find(name, version);
    this.uses++;
    slot.lastUse = this.uses;
    if (slot.model) return slot.model.hold();
    if (!isAskable(slot)) throw notReady(slot);
    return this.change(async () => {
      if (!isWanted()) throw new AppError('cancelled', 'the client went away');
      // Whatever came before has changed it, or another version has taken its place.
      const due = this.inventory.find(name, version);
      if (!due.model && isAskable(due)) await this.loadAsked(due);
      if (!due.model) throw notReady(due);
      return due.model.hold();
    });
  }

  /** @throws AppError as `use`, for what would not answer at all, and overloaded where too much waits for it */
  requireAskable(name: string, version?: string): void {
    const slot = this.inventory.find(name, version);
    if (slot.model) slot.model.requireRoom();
    else if (!isAskable(slot)) throw notReady(slot);
  }

  /** @throws AppError as `use`, for what does not count as ready */
  requireServing(name: string, version?: string): void {
    const slot = this.inventory.find(name, version);
    if (!isServing(slot.entry)) throw notReady(slot);
  }

  /** Finds out what the store has, without loading any of it, where that is not known yet. */
  discover(): Promise<void> {
    return this.change(async () => {
      if (!this.isListed) await this.inventory.look();
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
      await this.inventory.look();
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
      await this.inventory.look({ only: name, explicit: true });
      const shelf = this.inventory.shelf(name);
      if (shelf.slots.every(({ absences }) => absences > 0)) {
        throw new AppError('model_not_found', `model '${name}' is not in the repository any more`);
      }
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
      const shelf = this.inventory.shelf(name);
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
    await this.inventory.look({ only: slot.shelf.name }).catch(() => {});
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

  private async settleAll(): Promise<void> {
    for (const shelf of this.inventory.inOrder()) await this.settleShelf(shelf);
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
    for (const slot of gone) this.loader.end(slot, () => this.inventory.forget(slot));
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
