import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ParsedMail } from 'mailparser';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  configureAlertmanager,
  type MailSettings,
} from '../../observability/source/local/configure-alertmanager.ts';
import { configurePrometheus } from '../../observability/source/local/configure-prometheus.ts';
import { Mailbox } from '../../observability/source/local/mailbox.ts';
import { TOTAL_PREDICTION_SECONDS } from '../../observability/source/objectives.ts';
import { runbookUrl } from '../../observability/source/runbooks.ts';
import { freePort } from '../helpers/free-port.ts';
import { post } from '../helpers/golden.ts';
import { type NodeTarget, startNode } from '../helpers/targets.ts';
import { Alertmanager } from './alertmanager.ts';
import { Prometheus } from './prometheus.ts';

/** The alert's group is evaluated every minute, and the rules are as they are: this is that, with room. */
const MAIL_MS = 110_000;
const ALERT = 'Alert_Prediction_Time';
/** With every character that shell, sed or YAML could take for something else. */
const LOGIN = { username: 'kilat@example.com', password: `p'"&|\\/$HOME #: x` };
const MAIL = {
  ALERT_EMAIL_ADDRESSES: 'one@example.com;two@example.com',
  SMTP_FROM: 'Kilat <kilat@example.com>',
  SMTP_USERNAME: LOGIN.username,
  SMTP_PASSWORD: LOGIN.password,
  SMTP_REQUIRE_TLS: 'false',
};

/** The seconds that all predictions of the slow model have taken, as its server tells them. */
async function readSum(server: NodeTarget): Promise<number> {
  const text = await (await server.fetch('/metrics')).text();
  return Number(/^prediction_time_seconds_sum\{model="slow".*\} (\S+)$/m.exec(text)?.[1]);
}

/** Both bodies of a mail as somebody reads them: words, without tags and the space between. */
function bodies({ text, html }: ParsedMail): string[] {
  const read = String(html).replaceAll(/<head>.*?<\/head>|<[^>]*>/gs, ' ');
  return [String(text), read].map((body) => body.replaceAll(/\s+/g, ' '));
}

describe('a model whose predictions have taken more than 3 seconds', () => {
  let mailbox: Mailbox;
  let settings: MailSettings;
  let alertmanager: Alertmanager;
  let prometheus: Prometheus;
  let server: NodeTarget;
  const models = mkdtempSync(join(tmpdir(), 'kilat-mail-models-'));
  let start: () => Promise<NodeTarget>;

  const mail = (about: (mail: ParsedMail) => boolean) =>
    vi.waitFor(
      () => {
        const found = mailbox.mails.find(about);
        if (!found) throw new Error(`no such mail of ${mailbox.mails.length}`);
        return found;
      },
      { timeout: MAIL_MS, interval: 250 },
    );

  beforeAll(async () => {
    copyFileSync('test/models/slow.onnx', join(models, 'slow.onnx'));
    mailbox = await Mailbox.open({ credentials: LOGIN });
    settings = { ...MAIL, SMTP_SMARTHOST: mailbox.address };
    const port = String(await freePort());
    start = () => startNode({ MODEL_REPOSITORY: models, PORT: port });
    server = await start();
    alertmanager = await Alertmanager.start(settings);
    // It looks often; its rules are as they are.
    prometheus = await Prometheus.startWith(
      configurePrometheus(mkdtempSync(join(tmpdir(), 'kilat-prometheus-')), {
        server: server.url,
        alertmanager: alertmanager.address,
        interval: '1s',
      }),
    );
  });
  afterAll(async () => {
    await prometheus?.stop();
    await alertmanager?.stop();
    await server?.stop();
    await mailbox?.close();
  });

  it('is told of by a configuration that amtool has nothing against', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kilat-alertmanager-'));
    const config = configureAlertmanager(folder, settings);
    const said = execFileSync('amtool', ['check-config', config], { encoding: 'utf8' });
    expect(said).toContain('SUCCESS');
    expect(said).toContain('1 templates');
    expect(readFileSync(config, 'utf8')).not.toMatch(/^[^#]*\$\{/m);
  });

  it('is told of in a mail, and so is its end', { timeout: 2 * MAIL_MS + 60_000 }, async () => {
    const rows = Array.from({ length: 8 }, () => new Array(16).fill(1));
    while ((await readSum(server)) <= TOTAL_PREDICTION_SECONDS) {
      const response = await server.fetch('/models/slow/predict', post({ instances: rows }));
      expect(response.status).toBe(200);
    }
    const sum = await readSum(server);

    const firing = await mail(({ subject }) => subject?.includes(ALERT) ?? false);
    expect(firing.subject).toMatch(
      /^\[FIRING\] Alert_Prediction_Time \(warning\): Predictions of slow v1 have taken [\d.]+s in all$/,
    );
    const shown = /have taken ([\d.]+)s in all/.exec(firing.subject ?? '')?.[1];
    expect(Number(shown)).toBeCloseTo(sum, 2);
    expect(firing.from?.text).toBe('"Kilat" <kilat@example.com>');
    expect([firing.to].flat().map((to) => to?.text)).toEqual(['one@example.com, two@example.com']);
    for (const body of bodies(firing)) {
      expect(body).toContain(`FIRING: ${ALERT} (warning)`);
      expect(body).toContain(`Predictions of slow v1 have taken ${shown}s in all`);
      expect(body).toContain(`instance ${new URL(server.url).host} job kilat`);
      expect(body).toMatch(/model slow version 1 since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
      expect(body).toContain('What to do');
      expect(body).not.toContain('RESOLVED');
    }
    expect(firing.text).toContain(`What to do: ${runbookUrl(ALERT)}\n`);
    expect(firing.html).toContain(`href="${runbookUrl(ALERT)}"`);

    await server.stop();
    server = await start();
    expect(await readSum(server)).toBe(0);
    const resolved = await mail(({ subject }) => subject?.startsWith('[RESOLVED]') ?? false);
    expect(resolved.subject).toContain(`[RESOLVED] ${ALERT} (warning): Predictions of slow v1`);
    for (const body of bodies(resolved)) {
      expect(body).toContain(`RESOLVED: ${ALERT}`);
      expect(body).toMatch(/since 20.* UTC until 20.* UTC/);
      expect(body).not.toContain('FIRING');
    }
    // One thing has happened, and one has ended: nobody was told more often.
    expect(mailbox.mails).toHaveLength(2);
  });
});
