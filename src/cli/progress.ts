import { Presets, SingleBar } from 'cli-progress';

/** How often a bar of time moves. */
const TICK_MS = 200;

/** A bar on the terminal, which belongs to stderr: what is measured goes elsewhere. */
export interface Progress {
  show(requests: number, errors: number): void;
  end(): void;
}

/**
 * Shows how far a run is: by its requests, or by its time where nobody knows how many there will be.
 *
 * @param requests Infinity for as many as there is time for
 * @param seconds of that time
 */
export function showProgress(requests: number, seconds: number): Progress {
  const format = '{bar} {percentage}% | {sent} sent, {errors} failed | {eta_formatted} left';
  const bar = new SingleBar({ format, barsize: 24, hideCursor: true }, Presets.shades_classic);
  const isByTime = !Number.isFinite(requests);
  bar.start(isByTime ? seconds : requests, 0, { sent: 0, errors: 0 });
  const start = performance.now();
  const move = () => bar.update(Math.min(seconds, (performance.now() - start) / 1000));
  const timer = isByTime ? setInterval(move, TICK_MS) : undefined;
  return {
    show: (sent, errors) => {
      if (isByTime) bar.update({ sent, errors });
      else bar.update(sent, { sent, errors });
    },
    end: () => {
      clearInterval(timer);
      bar.stop();
    },
  };
}
