import { bytesOf, type LoaderParts, loadModel } from './loader.ts';
import type { Model } from './model.ts';
import type { Slot } from './shelf.ts';
import { ModelError } from './types.ts';

export interface SlotLoaderParts extends LoaderParts {
  /** Bytes of files whose models may be loaded at once; a version that is replaced is not counted with its successor. */
  readonly maxLoadedBytes?: number | undefined;
  /** Whether models give way to others that are asked for, and come back when they are asked for themselves. */
  readonly loadOnDemand?: boolean | undefined;
  /** Is done when whoever still uses a model that is on its way out has been waited for long enough. */
  readonly longestUse?: (() => Promise<unknown>) | undefined;
  /** Whether a request may die and never let go of its model, as at the edge: then nobody waits for it. */
  readonly requestsMayDie?: boolean | undefined;
}

/** Loads versions beside what is there, within the bound on memory, and lets go what has been replaced or given up. */
export class SlotLoader {
  private readonly parts: SlotLoaderParts;
  private readonly slots: () => readonly Slot[];

  /** @param slots every slot that there is */
  constructor(parts: SlotLoaderParts, slots: () => readonly Slot[]) {
    this.parts = parts;
    this.slots = slots;
  }

  /** Loads a version as its files are now, and puts it in the place of what was there. */
  async load(slot: Slot): Promise<void> {
    const { engine, observer, log } = this.parts;
    const { entry: former, model: old, version } = slot;
    const { name } = slot.shelf;
    slot.tried = slot.tag;
    if (!old) slot.set({ state: 'LOADING' });
    try {
      const model = await this.make(slot);
      slot.set({ state: 'READY', model });
      if (old) void this.retire(slot, old);
      observer.loaded(model, engine.name);
      const load_ms = Math.round(model.loadSeconds * 1000);
      log.info({ model: name, version, load_ms }, 'model ready');
    } catch (thrown) {
      const error = this.asModelError(thrown, name, version);
      // The next look may find it otherwise.
      if (error.fault === 'unreadable' || error.fault === 'internal') slot.tried = undefined;
      const { message, fault } = error;
      const kept = `its files have changed and cannot be loaded (${message}); it is served as it was`;
      if (old) slot.set({ state: 'READY', model: old, reason: kept });
      else slot.set({ state: 'UNAVAILABLE', fault, reason: message });
      if (slot.entry.reason === former.reason) return;
      observer.loadFailed({ name, version, fault });
      const outcome = old ? 'model not reloaded' : 'model unavailable';
      log.error({ model: name, version, fault, reason: message }, outcome);
    }
  }

  /** Whether there is something to load that has not been tried. */
  isDue(slot: Slot): boolean {
    if (slot.absences > 0) return false;
    const { entry, needs } = slot;
    // Nobody is loading it: its turn has died with the request that began it.
    if (entry.state === 'LOADING') return true;
    const hadNoRoom = entry.state === 'UNAVAILABLE' && entry.fault === 'no_room';
    if (hadNoRoom && needs !== undefined && this.hasRoom(needs, slot)) return true;
    return slot.tried !== slot.tag;
  }

  private async make(slot: Slot): Promise<Model> {
    const { shelf, version, stored } = slot;
    const { card, name } = shelf;
    if ('error' in card) throw card.error;
    // Of a version there are two copies at most: the one before the last is waited for.
    await slot.ending;
    // What cannot fit is not even read.
    slot.needs = stored.graphBytes;
    this.refuseHopeless(stored.graphBytes, slot);
    const files = await stored.read();
    slot.needs = bytesOf(files);
    await this.makeRoom(slot.needs, slot);
    return loadModel({ name, version, card: card.json, files }, this.parts);
  }

  private get bound(): number {
    return this.parts.maxLoadedBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Whether so many bytes can be had, be it that others give way. */
  private hasRoom(bytes: number, slot: Slot): boolean {
    const taken = this.parts.loadOnDemand ? 0 : this.loadedBytes(slot);
    return taken + bytes <= this.bound;
  }

  /** @throws ModelError no_room */
  private refuseHopeless(bytes: number, slot: Slot): void {
    if (this.hasRoom(bytes, slot)) return;
    const taken = this.parts.loadOnDemand ? '' : `, of which ${this.loadedBytes(slot)} are taken`;
    const message = `it takes ${bytes} bytes; MAX_LOADED_BYTES is ${this.bound}${taken}`;
    throw new ModelError('no_room', message);
  }

  /** @throws ModelError no_room */
  private async makeRoom(bytes: number, slot: Slot): Promise<void> {
    this.refuseHopeless(bytes, slot);
    while (this.loadedBytes(slot) + bytes > this.bound) {
      // The one that was asked longest ago, of those that nobody is asking right now if there is one.
      const [oldest] = this.loaded(slot).toSorted((a, b) => {
        return Number(a.model?.isUsed) - Number(b.model?.isUsed) || a.lastUse - b.lastUse;
      });
      if (!oldest?.model) return;
      const ended = this.retire(oldest, oldest.model);
      this.rest(oldest, 'unloaded to make room, loaded again when it is asked for');
      await ended;
    }
  }

  /** Whether a version has room beside what is loaded; always, where models do not give way. */
  fits(slot: Slot): boolean {
    const bytes = slot.needs ?? slot.stored.graphBytes;
    return !this.parts.loadOnDemand || this.loadedBytes(slot) + bytes <= this.bound;
  }

  private loadedBytes(apartFrom: Slot): number {
    return this.loaded(apartFrom).reduce((sum, { model }) => sum + (model?.bytes ?? 0), 0);
  }

  private loaded(apartFrom: Slot): readonly Slot[] {
    return this.slots().filter((slot) => slot !== apartFrom && slot.model);
  }

  rest(slot: Slot, reason: string): void {
    slot.tried = slot.tag;
    slot.set({ state: 'UNKNOWN', onDemand: true, reason });
  }

  /** Takes a version out of service. */
  end(slot: Slot, then: () => unknown): void {
    const { model } = slot;
    if (!model) {
      then();
      return;
    }
    const ending = slot.set({ state: 'UNLOADING' });
    slot.tried = undefined;
    void this.retire(slot, model).then(() => {
      // Meanwhile it may have come again.
      if (slot.entry === ending) then();
    });
  }

  /** Lets a model go that nobody is given any more. */
  private retire(slot: Slot, model: Model): Promise<void> {
    const { engine, observer, log, longestUse, requestsMayDie = false } = this.parts;
    observer.unloaded(model, engine.name);
    const { name, version } = model;
    log.info({ model: name, version }, 'model unloaded');
    const ended = model.retire(longestUse).catch((error: unknown) => {
      log.error({ model: name, version, err: error }, 'model not released');
    });
    slot.ending = requestsMayDie ? undefined : ended;
    return requestsMayDie ? Promise.resolve() : ended;
  }

  /** What nobody has foreseen must not take the others down. */
  asModelError(error: unknown, name: string, version?: string): ModelError {
    if (error instanceof ModelError) return error;
    this.parts.log.error({ model: name, version, err: error }, 'failed to load a model');
    return new ModelError('internal', 'the server failed; its log has the reason', {
      cause: error,
    });
  }
}
