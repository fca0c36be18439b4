import { bytesOf, type LoaderParts, loadModel } from './loader.ts';
import type { Model } from './model.ts';
import type { Slot } from './shelf.ts';
import { ModelError, type ModelFault } from './types.ts';

export interface SlotLoaderParts extends LoaderParts {
  /** Bytes of files whose models may be loaded at once; a version that is replaced is not counted with its successor. */
  readonly maxLoadedBytes?: number | undefined;
  /** Whether models give way to others that are asked for, and come back when they are asked for themselves. */
  readonly loadOnDemand?: boolean | undefined;
  /** Sees to it that work goes on although the request that began it has ended, where that would stop it. */
  readonly keepAlive?: ((work: Promise<unknown>) => void) | undefined;
  /** Is done when whoever still uses a model that is on its way out has been waited for long enough. */
  readonly longestUse?: (() => Promise<unknown>) | undefined;
}

/** What need not be the fault of the files. */
const PASSING_FAULTS: ReadonlySet<ModelFault> = new Set<ModelFault>(['unreadable', 'no_room']);

/** Loads versions beside what is there, within the bound on memory, and lets go what has been replaced or given up. */
export class SlotLoader {
  private readonly parts: SlotLoaderParts;
  private readonly slots: () => readonly Slot[];
  /** Models on their way out. */
  private readonly ending = new Set<Promise<void>>();

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
      if (old) void this.retire(old);
      observer.loaded(model, engine.name);
      const load_ms = Math.round(model.loadSeconds * 1000);
      log.info({ model: name, version, load_ms }, 'model ready');
    } catch (thrown) {
      const error = this.asModelError(thrown, name, version);
      // Another look may find it otherwise.
      if (PASSING_FAULTS.has(error.fault)) slot.tried = undefined;
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

  private async make(slot: Slot): Promise<Model> {
    const { shelf, version } = slot;
    const { card, name } = shelf;
    if ('error' in card) throw card.error;
    // Those on their way out first: of a model there are two at most.
    await Promise.all(this.ending);
    const files = await slot.stored.read();
    await this.makeRoom(bytesOf(files), slot);
    return loadModel({ name, version, card: card.json, files }, this.parts);
  }

  /** @throws ModelError no_room */
  private async makeRoom(bytes: number, slot: Slot): Promise<void> {
    const { maxLoadedBytes: bound = Number.POSITIVE_INFINITY, loadOnDemand = false } = this.parts;
    const isHopeless = loadOnDemand ? bytes > bound : this.loadedBytes(slot) + bytes > bound;
    if (isHopeless) {
      const taken = loadOnDemand ? '' : `, of which ${this.loadedBytes(slot)} are taken`;
      const message = `it takes ${bytes} bytes; MAX_LOADED_BYTES is ${bound}${taken}`;
      throw new ModelError('no_room', message);
    }
    while (this.loadedBytes(slot) + bytes > bound) {
      const [oldest] = this.loaded(slot).toSorted((a, b) => a.lastUse - b.lastUse);
      const model = oldest?.model;
      if (!oldest || !model) return;
      this.rest(oldest, 'unloaded to make room, loaded again when it is asked for');
      await this.retire(model);
    }
  }

  /** Whether a version has room beside what is loaded; always, where models do not give way. */
  fits(slot: Slot): boolean {
    const { maxLoadedBytes: bound = Number.POSITIVE_INFINITY, loadOnDemand } = this.parts;
    return !loadOnDemand || this.loadedBytes(slot) + slot.stored.bytes <= bound;
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
    void this.retire(model).then(() => {
      // Meanwhile it may have come again.
      if (slot.entry === ending) then();
    });
  }

  /** Lets a model go that nobody is given any more. */
  private retire(model: Model): Promise<void> {
    const { engine, observer, log, keepAlive, longestUse } = this.parts;
    observer.unloaded(model, engine.name);
    const { name, version } = model;
    log.info({ model: name, version }, 'model unloaded');
    const ended = model.retire(longestUse).catch((error: unknown) => {
      log.error({ model: name, version, err: error }, 'model not released');
    });
    this.ending.add(ended);
    void ended.then(() => this.ending.delete(ended));
    keepAlive?.(ended);
    return ended;
  }

  /** What nobody has foreseen must not take the others down. */
  asModelError(error: unknown, name: string, version: string | undefined): ModelError {
    if (error instanceof ModelError) return error;
    this.parts.log.error({ model: name, version, err: error }, 'failed to load a model');
    return new ModelError('internal', 'the server failed; its log has the reason', {
      cause: error,
    });
  }
}
