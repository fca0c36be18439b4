import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTestHarness } from 'wrangler';
import { post, readCard } from './helpers/golden.ts';

describe('the Worker', () => {
  it('makes its sessions at start-up, and none on a request', async () => {
    // The same source and the same bundler, behind an entry that counts the sessions that are made.
    const harness = createTestHarness({
      workers: [{ configPath: 'test/fixtures/counting-worker/wrangler.toml' }],
    });
    const { url } = await harness.listen();
    const sessions = async () => Number(await (await fetch(new URL('/sessions', url))).text());
    try {
      // Three models, and the one that initialises the runtime.
      expect(await sessions()).toBe(4);
      for (const model of ['breast-cancer', 'digits', 'diabetes'] as const) {
        const answer = await fetch(
          new URL(`/models/${model}/predict`, url),
          post(readCard(model).examples[0]),
        );
        expect(answer.status).toBe(200);
      }
      expect(await sessions()).toBe(4);
    } finally {
      await harness.close();
    }
  });
});

describe('the bundle of models', () => {
  it('is held against the models that are there', () => {
    execFileSync(process.execPath, ['src/cli/bundle.ts', '--check']);

    const models = join(mkdtempSync(join(tmpdir(), 'kilat-bundle-')), 'model');
    cpSync('model', models, { recursive: true });
    cpSync(join(models, 'digits'), join(models, 'letters'), { recursive: true });
    const { status, stderr } = spawnSync(
      process.execPath,
      ['src/cli/bundle.ts', '--check', '--models', models],
      { encoding: 'utf8' },
    );
    expect(status).toBe(1);
    expect(stderr).toContain(
      `src/stores/bundle.ts and ${models}/ differ; run \`npm run models:bundle\` and commit the result.`,
    );
    expect(stderr).toMatch(/^\+ .*letters\/1\/model\.onnx/m);
  });
});
