import type { Batch } from '../remote-write/encode.ts';
import type { Backoff, PendingBatches, StoredBatch } from '../remote-write/queue.ts';
import { type Pack, Packs, packSeries, unpackSeries } from './packs.ts';
import type { TotalSeries } from './totals.ts';

/** How long a hub remembers which deltas of an isolate it has, after the last one, in milliseconds. */
export const MARK_LIFETIME_MS = 7 * 86_400_000;

/** Single values that a hub keeps, by name. */
interface Facts {
  /** The hub's own name, which its alarm is not told. */
  name: string;
  /** The buckets that the stored histograms have. */
  buckets: string;
  /** When the next snapshot is due, in milliseconds since the Unix epoch. */
  nextCapture: number;
  backoff: Backoff;
  /** What the hub itself has counted: its counters and gauges. */
  own: readonly {
    name: string;
    series: readonly { labels: Record<string, string>; value: number }[];
  }[];
}

/**
 * What a hub keeps in its Durable Object: totals, which deltas it has, and batches not yet delivered. Writes
 * that follow each other without an `await` in between are one transaction.
 */
export class HubStorage implements PendingBatches {
  private readonly sql: SqlStorage;
  private readonly packs = new Packs();
  private total: number;

  constructor(sql: SqlStorage) {
    this.sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS series (
        name TEXT, labels TEXT, value REAL, counts TEXT, sum REAL, seen INTEGER,
        PRIMARY KEY (name, labels)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS packs (
        name TEXT, labels TEXT, series TEXT,
        PRIMARY KEY (name, labels)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS marks (
        isolate TEXT PRIMARY KEY, sequence INTEGER, seen INTEGER
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS batches (
        id INTEGER PRIMARY KEY AUTOINCREMENT, samples INTEGER, body BLOB
      );
      CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
    `);
    this.total = Number(sql.exec('SELECT TOTAL(samples) AS total FROM batches').one().total);
  }

  /** Every series of the totals, as last kept. */
  *loadSeries(): Generator<TotalSeries> {
    for (const row of this.sql.exec('SELECT * FROM series')) {
      yield {
        name: String(row.name),
        labels: JSON.parse(String(row.labels)),
        value: Number(row.value),
        counts: JSON.parse(String(row.counts)),
        sum: Number(row.sum),
        seen: Number(row.seen),
        exemplars: [],
      };
    }
    for (const row of this.sql.exec('SELECT * FROM packs')) {
      const labels = JSON.parse(String(row.labels));
      for (const series of unpackSeries(String(row.name), labels, String(row.series))) {
        this.packs.add(series);
        yield series;
      }
    }
  }

  /** @param changed series that are this object's own from then on: what is kept with one is read again from it */
  saveSeries(changed: readonly TotalSeries[]): void {
    const packs = new Set<Pack>();
    for (const series of changed) {
      const pack = this.packs.add(series);
      if (pack) packs.add(pack);
      else this.saveRow(series);
    }
    for (const pack of packs) this.savePack(pack);
  }

  deleteSeries(gone: readonly TotalSeries[]): void {
    const packs = new Set<Pack>();
    for (const series of gone) {
      const pack = this.packs.remove(series);
      if (pack) packs.add(pack);
      else this.deleteRow('series', series);
    }
    for (const pack of packs) {
      if (pack.series.size > 0) this.savePack(pack);
      else this.deleteRow('packs', pack);
    }
  }

  private saveRow({ name, labels, value, counts, sum, seen }: TotalSeries): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?)',
      name,
      JSON.stringify(labels),
      value,
      JSON.stringify(counts),
      sum,
      seen,
    );
  }

  private savePack(pack: Pack): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO packs VALUES (?, ?, ?)',
      pack.name,
      JSON.stringify(pack.labels),
      packSeries(pack),
    );
  }

  private deleteRow(
    table: 'series' | 'packs',
    { name, labels }: Pick<TotalSeries, 'name' | 'labels'>,
  ): void {
    const row = `DELETE FROM ${table} WHERE name = ? AND labels = ?`;
    this.sql.exec(row, name, JSON.stringify(labels));
  }

  deleteHistograms(): void {
    this.sql.exec("DELETE FROM series WHERE counts != '[]'");
  }

  /** The number of the last delta applied of an isolate; 0 when none is known. */
  lastSequence(isolate: string): number {
    const [mark] = this.sql.exec('SELECT sequence FROM marks WHERE isolate = ?', isolate);
    return Number(mark?.sequence ?? 0);
  }

  saveSequence(isolate: string, sequence: number, now: number): void {
    this.sql.exec('INSERT OR REPLACE INTO marks VALUES (?, ?, ?)', isolate, sequence, now);
  }

  /** Forgets isolates that have not been heard of for `MARK_LIFETIME_MS`. */
  pruneSequences(now: number): void {
    this.sql.exec('DELETE FROM marks WHERE seen < ?', now - MARK_LIFETIME_MS);
  }

  fact<Key extends keyof Facts>(key: Key): Facts[Key] | undefined {
    const [row] = this.sql.exec('SELECT value FROM facts WHERE key = ?', key);
    return row && JSON.parse(String(row.value));
  }

  saveFact<Key extends keyof Facts>(key: Key, value: Facts[Key]): void {
    this.sql.exec('INSERT OR REPLACE INTO facts VALUES (?, ?)', key, JSON.stringify(value));
  }

  get backoff(): Backoff {
    return this.fact('backoff') ?? { failures: 0, notBefore: 0 };
  }

  set backoff(backoff: Backoff) {
    this.saveFact('backoff', backoff);
  }

  get samples(): number {
    return this.total;
  }

  push({ samples, body }: Batch): void {
    this.sql.exec('INSERT INTO batches (samples, body) VALUES (?, ?)', samples, body);
    this.total += samples;
  }

  oldest(count: number): readonly StoredBatch[] {
    const rows = this.sql.exec('SELECT * FROM batches ORDER BY id LIMIT ?', count);
    return Array.from(rows, ({ id, samples, body }) => ({
      id: Number(id),
      samples: Number(samples),
      body: body instanceof ArrayBuffer ? new Uint8Array(body) : new Uint8Array(),
    }));
  }

  remove(id: number): void {
    for (const { samples } of this.sql.exec(
      'DELETE FROM batches WHERE id = ? RETURNING samples',
      id,
    )) {
      this.total -= Number(samples);
    }
  }
}
