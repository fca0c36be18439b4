import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** `npm run test:native` installs it. */
const isInstalled = existsSync('node_modules/onnxruntime-node');

describe.skipIf(!isInstalled)('the native engine', () => {
  it('takes no weights from the working directory, but those that it is given', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kilat-native-'));
    copyFileSync('test/models/external.onnx.data', join(folder, 'external.onnx.data'));
    const script = `
      import { readFileSync } from 'node:fs';
      const at = (path) => new URL(path, ${JSON.stringify(`file://${resolve('.')}/`)});
      const { createNativeEngine } = await import(at('src/inference/onnx-native.ts'));
      const { runningClock: clock } = await import(at('src/clock.ts'));
      const engine = await createNativeEngine({ clock, threads: 1 });
      const graph = new Uint8Array(readFileSync(at('test/models/external.onnx')));
      const data = new Uint8Array(readFileSync('external.onnx.data'));
      const given = [{ path: 'external.onnx.data', data }];
      for (const files of [[], given]) {
        const outcome = engine.load(graph, files).then(() => 'loaded', ({ fault }) => fault);
        console.log(await outcome);
      }
    `;
    const stdout = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(stdout).toBe('bad_graph\nloaded\n');
  });
});
