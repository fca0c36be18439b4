import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { MailSettings } from '../../observability/source/local/configure-alertmanager.ts';
import { Place } from '../helpers/doc-place.ts';
import { freePort } from '../helpers/free-port.ts';
import { post } from '../helpers/golden.ts';
import { lookupGraph } from '../helpers/store.ts';
import { Alertmanager } from './alertmanager.ts';
import { configureRules } from './generated-rules.ts';
import { Prometheus } from './prometheus.ts';

const ADMIN_TOKEN = 'admin';
/** Nobody is mailed: no alert fires here. */
const MAIL: MailSettings = {
  ALERT_EMAIL_ADDRESSES: 'on-call@example.com',
  SMTP_SMARTHOST: 'localhost:1',
  SMTP_FROM: 'kilat@example.com',
};

/**
 * A checkout with what observability/compose.yaml starts: Kilat, Prometheus and Alertmanager are real, at the addresses
 * that the runbooks name. There has been some trouble, so that they have something to find: a run has failed, and metrics
 * could not be pushed.
 *
 * There is no container engine: `docker` is a script that knows how to show Kilat's log and nothing else.
 */
export async function startWatched(): Promise<{ place: Place; prometheus: Prometheus }> {
  const [kilatPort, prometheusPort] = [await freePort(), await freePort()];
  const alertmanager = await Alertmanager.start(MAIL);
  const place = new Place({
    addresses: {
      'localhost:8000': `localhost:${kilatPort}`,
      'localhost:9090': `localhost:${prometheusPort}`,
      'localhost:9093': alertmanager.address,
    },
    env: {
      PORT: String(kilatPort),
      ADMIN_TOKEN,
      REMOTE_WRITE_URL: `http://127.0.0.1:${prometheusPort}/api/v1/write`,
      REMOTE_WRITE_INTERVAL_SECONDS: '1',
    },
  });
  place.onStop(() => alertmanager.stop());
  let prometheus: Prometheus | undefined;
  // Registered before Kilat starts, so that it is still there for Kilat's last delivery.
  place.onStop(() => prometheus?.stop());
  try {
    const model = join(place.folder, 'model/lookup/1');
    mkdirSync(model, { recursive: true });
    writeFileSync(join(model, 'model.onnx'), lookupGraph(1));
    const kilat = await place.serve('npm start');

    const address = `127.0.0.1:${kilatPort}`;
    const failed = await fetch(
      `http://${address}/models/lookup/predict`,
      // The table ends at 9.
      post({ instances: [99] }),
    );
    expect(failed.status).toBe(500);
    await vi.waitFor(() => expect(kilat.stdout).toContain('"msg":"remote write"'), 20_000);
    putDocker(place, kilat.stdout);

    const started = await Prometheus.startWith(configureRules([address]), prometheusPort);
    prometheus = started;
    const isScraped = async () => expect((await started.query('up == 1')).size).toBe(1);
    await vi.waitFor(isScraped, 20_000);
    return { place, prometheus: started };
  } catch (error) {
    await place.stop();
    throw error;
  }
}

/** Puts a `docker` where the shell finds it first. */
function putDocker({ folder, env }: Place, log: string): void {
  const programs = join(folder, 'dist/programs');
  mkdirSync(programs, { recursive: true });
  writeFileSync(join(programs, 'log'), log);
  const script = `#!/bin/sh
case "$*" in
  'compose -f observability/compose.yaml logs --no-log-prefix --'*' kilat') cat '${programs}/log' ;;
  *) echo "only the log of kilat can be shown here: docker $*" >&2; exit 64 ;;
esac
`;
  writeFileSync(join(programs, 'docker'), script);
  chmodSync(join(programs, 'docker'), 0o755);
  env.PATH = `${programs}:${env.PATH}`;
}
