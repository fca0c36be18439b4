import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import type { ParsedMail } from 'mailparser';
import { mailText } from '../../observability/source/local/mail-text.ts';
import { Mailbox } from '../../observability/source/local/mailbox.ts';
import type { Program } from '../../observability/source/local/program.ts';
import { findPrograms } from '../../observability/source/local/programs.ts';
import { startWatchers } from '../../observability/source/local/start.ts';
import { path, port, positive, serverUrl } from './arguments.ts';
import { npmCommand, runCommand } from './command.ts';
import { requireFreePort } from './free-port.ts';
import { makeDirectory } from './make-directory.ts';
import { pickMetricsToken } from './server.ts';
import { stopOnSignals } from './signals.ts';
import { tryScrape } from './try-scrape.ts';

/** `npm run observability:try`: what watches a server, on this machine and without containers, and the mails of it. */

const SERVER = 'http://localhost:8000/';
/** With --fast: between scrapes, between looks at the rules, and before a mail. */
const FAST = '1s';
const MAIL = {
  ALERT_EMAIL_ADDRESSES: 'on-call@example.com',
  SMTP_FROM: 'kilat@example.com',
  SMTP_REQUIRE_TLS: 'false',
};

interface Options {
  readonly url: string;
  readonly prometheusPort: number;
  readonly alertmanagerPort: number;
  readonly fast?: boolean;
  readonly keep?: string;
  readonly once?: boolean;
  readonly timeout: number;
}

async function watch(options: Options): Promise<void> {
  const token = pickMetricsToken(program);
  if (options.prometheusPort === options.alertmanagerPort) {
    const both = `Prometheus and Alertmanager cannot both have port ${options.prometheusPort}`;
    throw new Error(`${both}: name another with --alertmanager-port`);
  }
  const commands = findPrograms();
  await requireFreePort(options.prometheusPort, 'Prometheus', '--prometheus-port');
  await requireFreePort(options.alertmanagerPort, 'Alertmanager', '--alertmanager-port');
  if (options.keep !== undefined) await makeDirectory(options.keep);

  const end = Promise.withResolvers<void>();
  // SIGHUP is the end of the terminal.
  const stopped = stopOnSignals(['SIGINT', 'SIGTERM', 'SIGHUP']);
  stopped.addEventListener('abort', () => end.resolve());
  const mailbox = await Mailbox.open({
    onMail: (mail, source, count) => {
      try {
        show(mail);
        if (options.keep !== undefined) keep(source, count, options.keep);
        if (options.once) end.resolve();
      } catch (error) {
        end.reject(error);
      }
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'kilat-observability-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  const programs: Program[] = [];
  try {
    const started = startWatchers(folder, {
      ...options,
      commands,
      server: options.url,
      token,
      mail: { ...MAIL, SMTP_SMARTHOST: mailbox.address },
      interval: options.fast ? FAST : undefined,
    });
    programs.push(...started);
    // After the programs', which end them: a second signal ends this process at once.
    process.once('exit', remove);
    for (const { ended } of programs) ended.then(end.reject, end.reject);
    const running = async () => {
      await Promise.all(programs.map((program) => program.answers()));
      const fault = await tryScrape(options.url, token);
      if (fault !== undefined) console.error(`${fault}\n`);
      announce(options, mailbox.address);
      if (options.once) await giveUpAfter(options.timeout);
      else await end.promise;
    };
    await Promise.race([end.promise, running()]);
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
    await mailbox.close();
    remove();
  }
  // To be stopped is how it ends when all is well.
  process.exitCode = 0;
}

/** Says what is where and what to do next. */
function announce(options: Options, mail: string): void {
  const { url, prometheusPort, alertmanagerPort, fast, keep, once, timeout } = options;
  const kept = keep === undefined ? '' : `, and each is kept in ${keep}`;
  const next = url === SERVER ? '' : ` -- --url ${url}`;
  console.log(`Prometheus    http://localhost:${prometheusPort}/alerts, which scrapes ${url}metrics
Alertmanager  http://localhost:${alertmanagerPort}
Mail          is caught at ${mail} and shown here${kept}; none leaves this machine

Next, in another terminal: npm run alert:try${next}
${fast ? 'Shortened by --fast: scrapes, rules and what Alertmanager waits are a second each; it mails within seconds.' : 'Scrapes, rules and what Alertmanager waits are as shipped: it mails within two minutes of that.'}
${once ? `This ends after the first mail, or after ${timeout} s without one.` : 'Ctrl-C ends this, and removes all that was written.'}
`);
}

function show(mail: ParsedMail): void {
  console.log(`${mailText(mail, new Date())}\n`);
}

function keep(source: Uint8Array, count: number, folder: string): void {
  const time = new Date().toISOString().replaceAll(/:|\.\d+/g, '');
  const path = join(folder, `${time}-${count}.eml`);
  writeFileSync(path, source);
  console.log(`kept as ${path}\n`);
}

async function giveUpAfter(seconds: number): Promise<never> {
  await sleep(seconds * 1000, undefined, { ref: false });
  throw new Error(`no mail within ${seconds} s`);
}

const program = npmCommand('observability:try')
  .description('watch a running server with Prometheus and Alertmanager, and show every mail')
  .option('--url <url>', 'the server', serverUrl, SERVER)
  .option('--prometheus-port <port>', 'where Prometheus listens', port, 9090)
  .option('--alertmanager-port <port>', 'where Alertmanager listens', port, 9093)
  .option('--fast', 'scrape, evaluate and mail after a second each, unlike what is shipped')
  .option('--keep <folder>', 'keep every mail there as an .eml file', path)
  .option('--once', 'end after the first mail')
  .option('--timeout <seconds>', 'with --once: fail after so long without a mail', positive, 600)
  .addOption(new Option('--metrics-token <token>', 'what /metrics asks for').env('METRICS_TOKEN'))
  .action(watch);

await runCommand(program);
