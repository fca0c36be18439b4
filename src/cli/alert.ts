import { SingleBar } from 'cli-progress';
import { Option } from 'commander';
import { ALERT_GROUPS } from '../../observability/source/alerts.ts';
import { TOTAL_PREDICTION_SECONDS } from '../../observability/source/objectives.ts';
import { runbookPlace } from '../../observability/source/runbooks.ts';
import { driveSum, readSum, SUM } from './alert-drive.ts';
import { name, positive, serverUrl } from './arguments.ts';
import { npmCommand, runCommand } from './command.ts';
import { TOKEN_HELP } from './refusal.ts';
import { type ExampleModel, findExamples } from './served-model.ts';
import { authorization, pickMetricsToken } from './server.ts';
import { stopOnSignals } from './signals.ts';

/** `npm run alert:try`: keeps a running server busy, with real requests, until Alert_Prediction_Time would fire. */

const ALERT = 'Alert_Prediction_Time';

interface Options {
  readonly url: string;
  readonly model?: string;
  readonly threshold: number;
  readonly duration: number;
}

async function tryAlert(options: Options): Promise<void> {
  const { url, threshold, duration } = options;
  // A token that cannot be sent is a matter of none of the requests.
  authorization();
  const metricsToken = pickMetricsToken(program);
  const model = await findExamples(url, options.model);
  const signal = AbortSignal.any([stopOnSignals(), AbortSignal.timeout(duration * 1000)]);
  const at = { url, model, metricsToken, signal };
  let sum = await readSum(at);
  const start = performance.now();
  let requests = 0;
  if (sum <= threshold) {
    const progress = showProgress(model, threshold);
    const onSum = (seconds: number) => {
      sum = seconds;
      progress.show(seconds);
    };
    try {
      requests = await driveSum({ ...at, threshold, onSum });
    } catch (error) {
      const isTimeUp = error instanceof DOMException && error.name === 'TimeoutError';
      if (!isTimeUp) throw error;
      throw new Error(
        `after ${duration} s ${SUM} of ${model.name} is ${sum.toFixed(3)} s, not yet more than ${threshold} s: give it longer with --duration, or another model with --model`,
        { cause: error },
      );
    } finally {
      progress.end();
    }
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(describeEnd(model, sum, threshold, requests, seconds));
}

/** What is there now, and what comes of it where Prometheus and Grafana look. */
function describeEnd(
  { name, version }: ExampleModel,
  sum: number,
  threshold: number,
  requests: number,
  seconds: number,
): string {
  const effort =
    requests > 0
      ? `after ${seconds.toFixed(0)} s and ${requests} requests`
      : 'already, before any request';
  const { interval, name: group } = ALERT_GROUPS.prediction;
  const limit = `${TOTAL_PREDICTION_SECONDS} s`;
  const above = `${SUM}{model="${name}",version="${version}"} is ${sum.toFixed(3)} s, above ${threshold} s`;
  if (sum <= TOTAL_PREDICTION_SECONDS) {
    return `${above}, ${effort}.\n${ALERT} itself fires above ${limit}.`;
  }
  return `${above}, ${effort}.

What happens next, where this server is scraped or pushes:
  - Prometheus has the new sum with its next scrape, and evaluates ${ALERT} every ${interval} ("${group}"):
    it fires at once, and Alertmanager mails within a minute.
  - Grafana evaluates its own ${ALERT} every ${interval} as well, and mails its contact point.
  - It fires until this server is started again: the sum only grows. Then the resolved mail comes.
What to do about it: ${runbookPlace(ALERT)}`;
}

/** A bar on a terminal; elsewhere a line for each tenth of the way. */
function showProgress({ name, version }: ExampleModel, threshold: number) {
  const series = `${SUM} of ${name} v${version}`;
  if (!process.stderr.isTTY) {
    let shown = -1;
    return {
      show: (seconds: number) => {
        const tenth = Math.floor((seconds / threshold) * 10);
        if (tenth <= shown) return;
        shown = tenth;
        console.log(`${series}: ${seconds.toFixed(3)} of ${threshold} s`);
      },
      end: () => {},
    };
  }
  const bar = new SingleBar({
    format: `${series} {bar} {seconds} of ${threshold} s | {eta_formatted} left`,
  });
  bar.start(threshold, 0, { seconds: '0.000' });
  return {
    show: (seconds: number) => {
      bar.update(Math.min(seconds, threshold), { seconds: seconds.toFixed(3) });
    },
    end: () => bar.stop(),
  };
}

const program = npmCommand('alert:try')
  .description(`send a model's example rows to a running server until ${ALERT} would fire`)
  .option('--url <url>', 'the server', serverUrl, 'http://localhost:8000/')
  .option('--model <name>', "the model; the server's default when left out", name)
  .option(
    '--threshold <seconds>',
    'what all predictions of the model are to have taken',
    positive,
    TOTAL_PREDICTION_SECONDS,
  )
  .option('--duration <seconds>', 'give up after this long', positive, 600)
  .addOption(new Option('--metrics-token <token>', 'what /metrics asks for').env('METRICS_TOKEN'))
  .addHelpText('after', `\n${TOKEN_HELP}`)
  .action(tryAlert);

await runCommand(program);
