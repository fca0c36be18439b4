import { AppError, messageOf } from '../errors.ts';
import { type CardRead, Shelf, type Slot } from './shelf.ts';
import type { ModelStore, StoredModel } from './store.ts';
import type { ModelError } from './types.ts';

/** Cards that are read side by side. */
const CARDS_AT_ONCE = 16;

/** What is known of a store: its models, as they were last seen, and their versions. */
export class Inventory {
  private readonly store: ModelStore;
  private readonly asModelError: (error: unknown, name: string) => ModelError;
  private readonly shelves = new Map<string, Shelf>();
  private nameList: readonly string[] = [];
  /** Why nothing is known of the store yet; undefined once it has been listed. */
  problem: string | undefined = 'they have not been listed yet';

  /** @param asModelError what keeps the card of that model from being read */
  constructor(store: ModelStore, asModelError: (error: unknown, name: string) => ModelError) {
    this.store = store;
    this.asModelError = asModelError;
  }

  names(): readonly string[] {
    return this.nameList;
  }

  inOrder(): readonly Shelf[] {
    return this.nameList.flatMap((name) => this.shelves.get(name) ?? []);
  }

  slots(): readonly Slot[] {
    return this.inOrder().flatMap(({ slots }) => slots);
  }

  /** @throws AppError model_not_found, and not_ready while nothing is known */
  shelf(name: string): Shelf {
    const shelf = this.shelves.get(name);
    if (shelf) return shelf;
    if (this.problem !== undefined) {
      throw new AppError('not_ready', `there are no models: ${this.problem}`);
    }
    // The wording is what Open Inference Protocol clients look for.
    throw new AppError(
      'model_not_found',
      `Request for unknown model: '${name.slice(0, 80)}' is not found`,
    );
  }

  /**
   * A version, or the one that is asked when none is named.
   *
   * @throws AppError model_not_found, version_not_found, and not_ready while nothing is known
   */
  find(name: string, version: string | undefined): Slot {
    const shelf = this.shelf(name);
    const slot = shelf.find(version);
    if (slot) return slot;
    const known = shelf.slots.map((each) => each.version).join(', ');
    throw new AppError(
      'version_not_found',
      `model '${name}' has no version '${(version ?? '').slice(0, 80)}'; it has ${known || 'none'}`,
    );
  }

  /**
   * Takes in what the store has now, without loading any of it.
   *
   * @param options.only the one model that is looked for; every one without it
   * @param options.explicit whether somebody asks for it, and vouches for the files
   */
  async look(options: { only?: string; explicit?: boolean } = {}): Promise<void> {
    const { only, explicit = false } = options;
    let models: readonly StoredModel[];
    try {
      models = await this.store.list();
    } catch (error) {
      if (this.problem !== undefined) this.problem = messageOf(error);
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
      return { tag: card?.tag, error: this.asModelError(error, name) };
    }
  }

  /** A version that has gone; its model as well, with the last one. */
  forget(slot: Slot): void {
    const { shelf } = slot;
    shelf.remove(slot);
    if (shelf.slots.length === 0 && this.shelves.get(shelf.name) === shelf) {
      this.shelves.delete(shelf.name);
      this.listNames();
    }
  }

  private listNames(): void {
    this.nameList = [...this.shelves.keys()].sort();
  }
}
