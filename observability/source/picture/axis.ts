/** Where an axis of values ends, and how far its lines are apart. */
export interface Scale {
  readonly max: number;
  readonly interval: number;
}

const MINUTE = 60;
const HOUR = 3600;
/** Steps that people count time in, where it is more than seconds. */
const TIMES = [1, 2, 5, 10, 15, 30, MINUTE, 2, 5, 10, 15, 30, HOUR, 2, 6, 12, 24, 48];
const TIME_STEPS = TIMES.map((step, i) => {
  if (i < 7) return step;
  return i < 13 ? (step === HOUR ? step : step * MINUTE) : step * HOUR;
});

/**
 * Round steps of the unit, so that no line is at 1.67 minutes or 95.4 MiB.
 *
 * @param largest what has to be on it
 * @param lines how many there may be above the lowest one
 */
export function scaleFor(largest: number, unit: string, isWhole: boolean, lines = 3): Scale {
  if (!(largest > 0)) return { max: 1, interval: 1 };
  const interval = intervalFor(largest / lines, unit, isWhole);
  return { max: interval * Math.ceil(largest / interval - 1e-9), interval };
}

function intervalFor(least: number, unit: string, isWhole: boolean): number {
  if (unit === 's' && least > 1) {
    const step = TIME_STEPS.find((each) => each >= least);
    return step ?? Math.ceil(least / (24 * HOUR)) * 24 * HOUR;
  }
  const base = unit === 'bytes' ? 1024 ** Math.floor(Math.log2(least) / 10) : 1;
  const interval = roundUp(least / base) * base;
  return isWhole ? Math.max(1, interval) : interval;
}

/** The next of 1, 2, 2.5 and 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((each) => each * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** Pixels that the name of a moment takes, with room beside it. */
const MOMENT = 52;

/** Round moments between two, in seconds since the Unix epoch: as many as have room on so many pixels. */
export function timeTicks(from: number, to: number, width: number): number[] {
  const least = Math.max(MINUTE, (to - from) / Math.max(1, Math.floor(width / MOMENT)));
  const step = TIME_STEPS.find((each) => each >= least) ?? 48 * HOUR;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at);
  return ticks;
}
