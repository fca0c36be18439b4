import type { ModelEntry } from '../inference/shelf.ts';
import { formatBytes } from '../quantities.ts';
import { COLUMNS, cut, type Paint, plain } from './text.ts';

/** More versions than this nobody reads at a start; GET /models has them all. */
const MOST_LISTED = 12;
/** So that the other columns have room beside it. */
const WIDEST_NAME = 22;
const GAP = '  ';

const HEAD = ['model', 'version', 'state', 'task', 'size', 'load'] as const;
/** The columns whose values are numbers, which are compared by their ends. */
const RIGHT = new Set<string>(['version', 'size', 'load']);

/** The versions of the models in aligned columns; one that cannot be served has its reason below, on a line. */
export function listModels(entries: readonly ModelEntry[], paint: Paint): string[] {
  // What needs somebody is not what is left out.
  const shown = entries
    .toSorted((a, b) => Number(hasFailed(b)) - Number(hasFailed(a)))
    .slice(0, MOST_LISTED);
  const listed = entries.filter((entry) => shown.includes(entry));
  const rows = [[...HEAD], ...listed.map(cellsOf)];
  const widths = HEAD.map((_, column) => {
    // A reason, which is the last cell of its row, may be as long as it likes.
    return Math.max(
      ...rows
        .map((row) => (row.length === HEAD.length ? row : row.slice(0, 3)))
        .map((row) => row[column]?.length ?? 0),
    );
  });
  const lines = rows.flatMap((row, i) => {
    const padded = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return RIGHT.has(HEAD[column] ?? '') ? cell.padStart(width) : cell.padEnd(width);
    });
    const entry = i === 0 ? undefined : listed[i - 1];
    const reason = entry && hasFailed(entry) ? [`${GAP}${plain(entry.reason ?? '')}`] : [];
    return [padded.join(GAP).trimEnd(), ...reason].map((line) => {
      return paintLine(cut(line, COLUMNS - GAP.length), entry, paint);
    });
  });
  const left = entries.length - listed.length;
  return left === 0 ? lines : [...lines, `and ${left} more, which GET /models lists`];
}

/** Whether a version cannot be served, and not because somebody wanted it so. */
export function hasFailed(entry: ModelEntry): boolean {
  return entry.state === 'UNAVAILABLE' && entry.fault !== undefined;
}

function cellsOf(entry: ModelEntry): string[] {
  const cells = [cut(plain(entry.name), WIDEST_NAME), entry.version, stateOf(entry)];
  if (hasFailed(entry)) return cells;
  if (entry.state !== 'READY') return [...cells, plain(entry.reason ?? '')];
  const { card, bytes, loadSeconds } = entry.model;
  const ms = `${(loadSeconds * 1000).toFixed(0)} ms`;
  return [...cells, card?.task ?? 'no card', formatBytes(bytes), ms];
}

function stateOf(entry: ModelEntry): string {
  if (hasFailed(entry)) return 'failed';
  if (entry.state === 'UNKNOWN') return entry.onDemand ? 'on demand' : 'waiting';
  return entry.state.toLowerCase();
}

function paintLine(line: string, entry: ModelEntry | undefined, paint: Paint): string {
  if (!entry) return paint('dim', line);
  if (hasFailed(entry)) return paint('red', line);
  return entry.state === 'READY' ? line : paint('yellow', line);
}
