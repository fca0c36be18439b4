import type { Model } from './model.ts';
import { compareVersions, type ModelFiles, type StoredModel, type StoredVersion } from './store.ts';
import { ModelError, type ModelFault } from './types.ts';
import { servedVersions } from './version-policy.ts';

/** One version of a model: being served, or not, and why. The states are those of the Open Inference Protocol. */
export type ModelEntry = {
  readonly name: string;
  readonly version: string;
  /** Why it is in its state, or what else is to be known of it. */
  readonly reason?: string;
} & (
  | { readonly state: 'READY'; readonly model: Model }
  /** Not loaded yet; with `onDemand` it is when it is asked for. */
  | { readonly state: 'UNKNOWN'; readonly onDemand: boolean }
  | { readonly state: 'LOADING' | 'UNLOADING' }
  /** Without a fault it is so because somebody wanted it. */
  | { readonly state: 'UNAVAILABLE'; readonly fault?: ModelFault }
);

type ModelStatus = ModelEntry extends infer Entry
  ? Entry extends ModelEntry
    ? Omit<Entry, 'name' | 'version'>
    : never
  : never;

function pending({ changing }: StoredVersion) {
  const reason = changing ? 'its files are still being written' : 'not loaded yet';
  return { state: 'UNKNOWN', onDemand: false, reason } as const;
}

/** Somebody wanted it so. */
export const UNLOADED = { state: 'UNAVAILABLE', reason: 'unloaded' } as const;

/** Whether a version answers when it is asked. */
export function isServing(entry: ModelEntry): boolean {
  return entry.state === 'READY' || (entry.state === 'UNKNOWN' && entry.onDemand);
}

/** A model's card as it was read, or why it could not be. */
export type CardRead =
  | { readonly tag: string | undefined; readonly json: unknown }
  | { readonly tag: string | undefined; readonly error: ModelError };

/** A version of a model: its files, as they were last seen, and what has become of them. */
export class Slot {
  readonly shelf: Shelf;
  readonly version: string;
  entry: ModelEntry;
  stored: StoredVersion;
  /** The tag of the files that were last tried to be loaded. */
  tried: string | undefined;
  /** Bytes that it takes, as far as is known. */
  needs: number | undefined;
  /** The one that it replaced last, while that is on its way out. */
  ending: Promise<void> | undefined;
  /** Greater than that of any slot that was asked before. */
  lastUse = 0;
  /** Whether the last look could not see it. */
  isKept = false;
  /** How many looks in a row have not found it. */
  absences = 0;

  constructor(shelf: Shelf, stored: StoredVersion) {
    this.shelf = shelf;
    this.version = stored.version;
    this.stored = stored;
    this.entry = this.as(shelf.stopped ? UNLOADED : pending(stored));
  }

  /** Changes whenever something does that the version is made of. */
  get tag(): string {
    return `${this.shelf.card.tag}\n${this.stored.tag}`;
  }

  get model(): Model | undefined {
    return this.entry.state === 'READY' ? this.entry.model : undefined;
  }

  set(status: ModelStatus): ModelEntry {
    this.entry = this.as(status);
    return this.entry;
  }

  private as(status: ModelStatus): ModelEntry {
    return { name: this.shelf.name, version: this.version, ...status };
  }
}

/** The versions of one model. */
export class Shelf {
  readonly name: string;
  /** Highest version first. */
  slots: readonly Slot[] = [];
  card: CardRead = { tag: undefined, json: undefined };
  /** Whether somebody has unloaded it: then it stays so, whatever its files do. */
  stopped = false;

  constructor(name: string) {
    this.name = name;
  }

  /** The version of that name, or the highest that answers when none is named. */
  find(version: string | undefined): Slot | undefined {
    const { slots } = this;
    if (version !== undefined) return slots.find((slot) => slot.version === version);
    return (
      slots.find(({ entry }) => isServing(entry)) ??
      slots.find(({ entry }) => entry.state === 'UNKNOWN' || entry.state === 'LOADING') ??
      slots[0]
    );
  }

  /** Takes in what a look at the store has found of it. */
  update({ problem, ...model }: StoredModel, card: CardRead): void {
    const versions = problem === undefined ? model.versions : [unseenVersion(problem)];
    this.card = card;
    const json = 'json' in card ? card.json : undefined;
    const there = new Map(versions.map((stored) => [stored.version, stored]));
    const served = new Set(servedVersions(json, [...there.keys()]));
    for (const version of served) {
      const stored = there.get(version) ?? absentVersion(version);
      const slot = this.slots.find((each) => each.version === version);
      if (slot) {
        slot.stored = stored;
        slot.absences = 0;
        if (slot.isKept && slot.model) slot.set({ state: 'READY', model: slot.model });
        slot.isKept = false;
      } else {
        this.slots = [...this.slots, new Slot(this, stored)];
      }
    }
    this.slots = this.slots.toSorted((a, b) => compareVersions(b.version, a.version));
    for (const slot of this.slots) {
      if (served.has(slot.version)) continue;
      // What is there and is not to be served is no slip of the store's.
      slot.absences = there.has(slot.version) ? Number.POSITIVE_INFINITY : slot.absences + 1;
    }
  }

  /** What there is of it cannot be seen now: everything stays as it is. */
  keep(problem: string): void {
    for (const slot of this.slots) {
      slot.absences = 0;
      const reason = `it cannot be read (${problem}); it is served as it was`;
      if (slot.model) slot.set({ state: 'READY', model: slot.model, reason });
      slot.isKept = true;
    }
  }

  /** A look at the store has found nothing of it. */
  missed(): void {
    for (const slot of this.slots) slot.absences++;
  }

  remove(slot: Slot): void {
    this.slots = this.slots.filter((each) => each !== slot);
  }
}

/** A version that the card asks for and that is not there. */
function absentVersion(version: string): StoredVersion {
  return unreadableVersion(version, `the card serves version ${version}, which is not there`);
}

/** What stands for the versions of a model of which nothing can be seen. */
function unseenVersion(problem: string): StoredVersion {
  return unreadableVersion('1', `its folder cannot be read: ${problem}`);
}

function unreadableVersion(version: string, message: string): StoredVersion {
  const read = async (): Promise<ModelFiles> => {
    throw new ModelError('unreadable', message);
  };
  return { version, tag: 'unreadable', graphBytes: 0, changing: false, read };
}
