/** Numbers as Grafana writes them, for the units that our dashboards have. */

/** A scale: from each value on, the divisor and the suffix. */
type Scale = readonly (readonly [from: number, divisor: number, suffix: string])[];

const SECONDS: Scale = [
  [86_400, 86_400, ' day'],
  [3600, 3600, ' hour'],
  [60, 60, ' min'],
  [1, 1, ' s'],
  [1e-3, 1e-3, ' ms'],
  [1e-6, 1e-6, ' µs'],
  [0, 1, ' s'],
];

const BYTES: Scale = [
  [2 ** 30, 2 ** 30, ' GiB'],
  [2 ** 20, 2 ** 20, ' MiB'],
  [2 ** 10, 2 ** 10, ' KiB'],
  [0, 1, ' B'],
];

/** In thousands, with what is counted behind it. */
const thousands = (unit: string): Scale => [
  [1e9, 1e9, ` Bil${unit}`],
  [1e6, 1e6, ` Mil${unit}`],
  [1e3, 1e3, ` K${unit}`],
  [0, 1, unit],
];

const SCALES: Readonly<Record<string, Scale>> = {
  none: [[0, 1, '']],
  short: thousands(''),
  s: SECONDS,
  bytes: BYTES,
  percentunit: [[0, 0.01, '%']],
  reqps: thousands(' req/s'),
  rowsps: thousands(' rows/s'),
  ops: thousands(' ops/s'),
  cps: thousands(' c/s'),
};

export const KNOWN_UNITS: ReadonlySet<string> = new Set(Object.keys(SCALES));

/** @param decimals after the point; as many as make three digits without it */
export function formatValue(value: number, unit: string, decimals?: number): string {
  if (!Number.isFinite(value)) return '-';
  const scale = SCALES[unit];
  if (!scale) throw new Error(`there is no unit '${unit}'`);
  const size = Math.abs(value);
  // The last step of a scale begins at 0.
  const [, divisor, suffix] = scale.find(([from]) => size >= from) ?? [0, 1, ''];
  return `${formatNumber(value / divisor, decimals)}${suffix}`;
}

function formatNumber(value: number, decimals: number | undefined): string {
  if (decimals !== undefined) return value.toFixed(decimals);
  const size = Math.abs(value);
  const places = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return String(Number(value.toFixed(size > 0 && size < 0.01 ? 4 : places)));
}
