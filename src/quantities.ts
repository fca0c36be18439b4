const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A size for a person, in powers of 1000: `699 B`, `1.2 MB`. */
export function formatBytes(bytes: number): string {
  let size = bytes;
  let unit = 0;
  // What would be rounded to 1000.0 is 1.0 of the next unit.
  while (size >= 999.95 && unit < UNITS.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}

/** A number and what it counts: `1 file`, `3 files`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A share from 0 to 1: only what is exactly none or all of it is written as 0 or 100. */
export function percent(share: number): string {
  if (share > 0 && share < 0.0005) return '< 0.1 %';
  if (share >= 0.9995 && share < 1) return '> 99.9 %';
  return `${(share * 100).toFixed(1)} %`;
}

/** A number in as many digits as anybody compares; a whole one has all of its own. */
export function shortNumber(number: number): number {
  return Number.isInteger(number) ? number : Number(number.toPrecision(6));
}
