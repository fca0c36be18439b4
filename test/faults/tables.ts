/** What each version of the lookup model has been, as far as an answer may still come from it. */
export class Tables {
  private readonly versions = new Map<string, { readonly step: number; until: number }[]>();

  /** A table has been put in the place of a version, or beside the one that is there. */
  add(version: string, step: number): void {
    const tables = this.versions.get(version) ?? [];
    this.versions.set(version, tables);
    if (tables.some((table) => table.step === step && table.until === Number.POSITIVE_INFINITY))
      return;
    tables.push({ step, until: Number.POSITIVE_INFINITY });
  }

  /** The server has said that it serves this one: whoever asks from now on is answered by no other. */
  settle(version: string, step: number): void {
    const now = performance.now();
    for (const table of this.versions.get(version) ?? []) {
      if (table.step !== step) table.until = Math.min(table.until, now);
    }
  }

  /** What a value at place 1 may be, in an answer of that version to who asked at a time. */
  steps(version: string, askedAt: number): number[] {
    const tables = this.versions.get(version) ?? [];
    return tables.filter(({ until }) => until > askedAt).map(({ step }) => step);
  }
}
