import { copyFileSync, cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskStore } from '../../src/stores/disk.ts';
import { createTestApp } from './app.ts';
import { GOLDEN_MODELS } from './golden.ts';
import { ADMIN_TOKEN } from './hostile-seeds.ts';
import { ALLOWED_ORIGIN } from './hostile-verdict.ts';
import { startNode, type TARGET_NAMES, TARGETS, type Target } from './targets.ts';

/** The shipped models, some that take text and every type, and one that may come and go. */
function makeRepository(): string {
  const repository = mkdtempSync(join(tmpdir(), 'kilat-models-'));
  for (const name of GOLDEN_MODELS) {
    cpSync(`model/${name}`, join(repository, name), { recursive: true });
  }
  const more = {
    'two-inputs': 'two-inputs',
    'every-type': 'every-type',
    text: 'text',
    spare: 'text',
  };
  for (const [name, file] of Object.entries(more)) {
    mkdirSync(join(repository, name, '1'), { recursive: true });
    copyFileSync(`test/models/${file}.onnx`, join(repository, name, '1/model.onnx'));
  }
  return repository;
}

const SETTINGS = {
  ADMIN_TOKEN,
  CORS_ORIGINS: ALLOWED_ORIGIN,
  // Whether the machine is busy must not decide what is looked at.
  MAX_LOOP_DELAY_MS: '0',
  // What is no target at all some runtimes take for `/`, which is to be refused like every other that is not there.
  PAGE: 'off',
};

/** Starts a target for hostile requests; at the edge with the models that it ships with. */
export async function startHostile(name: (typeof TARGET_NAMES)[number]): Promise<Target> {
  if (name === 'workerd') return TARGETS.workerd(SETTINGS);
  if (name !== 'in-process app') {
    const engine = name === 'Node server' ? 'wasm' : 'native';
    const settings = { ...SETTINGS, MODEL_REPOSITORY: makeRepository(), ENGINE: engine };
    return startNode({ ...settings, GRPC_PORT: '0' });
  }
  const { app, lines } = await createTestApp(SETTINGS, { store: new DiskStore(makeRepository()) });
  return {
    fetch: async (path, init) => app.request(path, init),
    decoded: (response) => response.text(),
    logs: () => lines.slice(),
    stop: async () => {},
  };
}

/** The value of a metric, of all series together. */
export async function readMetric(target: Target, name: string): Promise<number> {
  return (await readSeries(target, name)).reduce((sum, [, value]) => sum + value, 0);
}

/** The series of a metric: the text of the labels, and the value. */
export async function readSeries(target: Target, name: string): Promise<[string, number][]> {
  const text = await (await target.fetch('/metrics')).text();
  return text.split('\n').flatMap((line): [string, number][] => {
    const [, metric, labels = '', value] = /^(\w+)(?:\{(.*?)\})? (\S+)/.exec(line) ?? [];
    return metric === name ? [[labels, Number(value)]] : [];
  });
}
