import type { Config } from '../config.ts';

/** A thing that settings turn on, in the words of a person. */
interface Switch {
  readonly isOn: boolean;
  readonly text: string;
}

/**
 * What is on and what is off, with the setting that would turn it on. Of secrets it says that they are there and no more.
 *
 * @param threads for each model whose runs take long
 */
export function describeSwitches(
  config: Config,
  threads: number,
): { on: readonly string[]; off: readonly string[] } {
  const switches = [
    describeEngine(config, threads),
    describeDrift(config),
    either(config.API_TOKEN, 'token for predictions', 'API_TOKEN'),
    either(config.METRICS_TOKEN, 'token for metrics', 'METRICS_TOKEN'),
    either(config.ADMIN_TOKEN, 'loading by request', 'ADMIN_TOKEN'),
    describeRemoteWrite(config),
    describePolling(config),
    either(config.GRPC_PORT, 'gRPC', 'GRPC_PORT'),
  ];
  const chosen = (wanted: boolean) =>
    switches.filter(({ isOn }) => isOn === wanted).map(({ text }) => text);
  return { on: chosen(true), off: chosen(false) };
}

function either(value: unknown, what: string, setting: string): Switch {
  const isOn = value !== undefined;
  return { isOn, text: isOn ? what : `${what} (${setting})` };
}

function describeEngine({ ENGINE, INTRA_OP_THREADS }: Config, threads: number): Switch {
  if (threads === 0) return { isOn: true, text: `engine ${ENGINE}, all in one thread` };
  const count = `${threads} ${threads === 1 ? 'thread' : 'threads'} for each slow model`;
  const together = INTRA_OP_THREADS > 1 ? ` (${INTRA_OP_THREADS} on each run)` : '';
  return { isOn: true, text: `engine ${ENGINE}, ${count}${together}` };
}

function describeDrift({ DRIFT_MAX_FEATURES: most, DRIFT_SAMPLE: sample }: Config): Switch {
  if (most === 0) return { isOn: false, text: 'drift (DRIFT_MAX_FEATURES)' };
  const part = sample < 1 ? ` in ${Number((sample * 100).toPrecision(3))} % of rows` : '';
  return { isOn: true, text: `drift of up to ${most} features${part}` };
}

/** The host alone: what else is in the URL may let somebody in. */
function describeRemoteWrite({ REMOTE_WRITE_URL: url, ...config }: Config): Switch {
  if (url === undefined) return { isOn: false, text: 'remote write (REMOTE_WRITE_URL)' };
  const every = config.REMOTE_WRITE_INTERVAL_SECONDS;
  return { isOn: true, text: `remote write to ${new URL(url).host} every ${every} s` };
}

function describePolling({ MODEL_POLL_SECONDS: seconds = 0 }: Config): Switch {
  const text = 'looking for changed models';
  if (seconds === 0) return { isOn: false, text: `${text} (MODEL_POLL_SECONDS)` };
  return { isOn: true, text: `${text} every ${seconds} s` };
}
