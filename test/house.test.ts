import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const report = z.object({ diagnostics: z.array(z.object({ category: z.string() })) });

/** Lints code as if it stood at a path of the project, and gives the rules that it breaks. */
function brokenRules(path: string, code: string): string[] {
  const root = mkdtempSync(join(tmpdir(), 'kilat-house-'));
  try {
    cpSync('biome.json', join(root, 'biome.json'));
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), code);
    const { stdout } = spawnSync('biome', ['lint', '--vcs-enabled=false', '--reporter=json', '.'], {
      cwd: root,
      encoding: 'utf8',
    });
    return report.parse(JSON.parse(stdout)).diagnostics.map(({ category }) => category);
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe('the house: what may not be imported', () => {
  it.each([
    ['src/app.ts', 'node:fs'],
    ['src/http/x.ts', '@hono/node-server'],
    ['src/metrics/x.ts', 'node:os'],
    ['src/protocols/x.ts', 'cloudflare:workers'],
    ['src/stores/disk.ts', 'cloudflare:workers'],
    ['src/node.ts', 'cloudflare:workers'],
    ['src/worker.ts', 'node:fs'],
    ['src/inference/x.ts', 'hono'],
    ['src/inference/x.ts', '../http/body.ts'],
    ['src/inference/x.ts', '../protocols/predict.ts'],
    ['src/inference/x.ts', '../metrics/record.ts'],
    ['src/inference/x.ts', '../config.ts'],
    ['src/inference/onnx.ts', '../metrics/record.ts'],
    ['src/inference/model.ts', 'onnxruntime-web/wasm'],
    ['src/inference/model.ts', 'onnxruntime-node'],
    ['src/inference/model.ts', 'piscina'],
    ['src/inference/threads.ts', '../config.ts'],
    ['src/inference/threads.ts', 'onnxruntime-web'],
    ['src/inference/node-engine.ts', '../config.ts'],
    ['src/inference/node-engine.ts', 'onnxruntime-web'],
    ['src/http/node/body.ts', 'cloudflare:workers'],
    ['src/http/node/server.ts', 'onnxruntime-web'],
    ['src/terminal/x.ts', 'onnxruntime-web'],
    ['src/terminal/x.ts', '../node.ts'],
    ['src/worker.ts', 'onnxruntime-web/wasm'],
    ['src/app.ts', 'onnxruntime-web'],
    ['src/metrics/record.ts', '@prometheus-io/client'],
    ['src/app.ts', '@prometheus-io/client/lib/registry.js'],
    ['src/metrics/x.ts', '../protocols/predict.ts'],
    ['src/metrics/x.ts', '../inference/model.ts'],
    ['src/remote-write/x.ts', '../protocols/predict.ts'],
    ['src/remote-write/x.ts', '../inference/model.ts'],
    ['src/metrics/x.ts', 'cloudflare:workers'],
    ['src/metrics/hub.ts', '@prometheus-io/client'],
    ['src/app.ts', '@grpc/grpc-js'],
    ['src/app.ts', './protocols/grpc/server.ts'],
    ['src/protocols/x.ts', './grpc/infer.ts'],
    ['src/worker.ts', './protocols/grpc/server.ts'],
    ['src/node.ts', '@grpc/grpc-js'],
    ['src/inference/x.ts', '@grpc/proto-loader'],
    ['src/protocols/grpc/x.ts', '@hono/node-server'],
    ['src/protocols/grpc/x.ts', 'onnxruntime-web'],
    ['src/protocols/grpc/x.ts', '../../node.ts'],
    ['src/app.ts', './node.ts'],
    ['src/http/x.ts', '../worker.ts'],
    ['src/node.ts', './cli/signals.ts'],
    ['src/worker.ts', './cli/signals.ts'],
    ['src/app.ts', './cli/signals.ts'],
    ['src/terminal/x.ts', '../cli/signals.ts'],
    ['src/http/node/x.ts', '../../cli/signals.ts'],
    ['src/protocols/grpc/x.ts', '../../cli/signals.ts'],
    ['src/inference/x.ts', '../cli/signals.ts'],
    ['src/inference/threads.ts', '../cli/signals.ts'],
    ['src/inference/onnx.ts', '../cli/signals.ts'],
    ['src/metrics/x.ts', '../cli/signals.ts'],
    ['src/metrics/client.ts', '../cli/signals.ts'],
    ['src/stores/disk.ts', '../cli/signals.ts'],
    ['src/remote-write/x.ts', '../cli/signals.ts'],
  ])('%s: %s', (path, module) => {
    expect(brokenRules(path, `import '${module}';\n`)).toContain('lint/style/noRestrictedImports');
  });

  it.each([
    ['src/node.ts', 'node:fs'],
    ['src/stores/disk.ts', 'node:fs'],
    ['src/cli/x.ts', 'node:fs'],
    ['src/worker.ts', 'cloudflare:workers'],
    ['src/worker.ts', 'onnxruntime-web/ort-wasm-simd-threaded.wasm'],
    ['src/inference/onnx.ts', 'onnxruntime-web/wasm'],
    ['src/inference/onnx-native.ts', 'onnxruntime-node'],
    ['src/inference/onnx-session.ts', 'onnxruntime-common'],
    ['src/inference/threads.ts', 'piscina'],
    ['src/inference/thread.ts', 'node:worker_threads'],
    ['src/inference/node-engine.ts', 'node:os'],
    ['src/http/node/body.ts', '@hono/node-server'],
    ['src/http/node/server.ts', 'node:http'],
    ['src/terminal/x.ts', 'node:util'],
    ['src/metrics/client.ts', '@prometheus-io/client/lib/registry.js'],
    ['src/metrics/process.ts', '@prometheus-io/client'],
    ['src/metrics/hub.ts', 'cloudflare:workers'],
    ['src/metrics/x.ts', '../inference/types.ts'],
    ['src/node.ts', './protocols/grpc/server.ts'],
    ['src/protocols/grpc/x.ts', '@grpc/grpc-js'],
    ['src/protocols/grpc/x.ts', 'node:url'],
    ['src/protocols/grpc/x.ts', './messages.ts'],
    ['src/cli/x.ts', './signals.ts'],
    ['test/cli/x.ts', '../../src/cli/signals.ts'],
    ['bench/x.ts', '../src/cli/times.ts'],
    ['observability/source/x.ts', '../../src/cli/times.ts'],
  ])('but %s may import %s', (path, module) => {
    expect(brokenRules(path, `import '${module}';\n`)).not.toContain(
      'lint/style/noRestrictedImports',
    );
  });

  it.each([
    ['src/inference/x.ts', 'Date.now()'],
    ['src/inference/x.ts', 'setTimeout(() => {}, 1)'],
    ['src/inference/x.ts', 'performance.now()'],
    ['src/http/x.ts', 'process.cwd()'],
    ['src/terminal/x.ts', 'process.stdout'],
    ['src/protocols/x.ts', 'Buffer.from([])'],
    ['src/protocols/grpc/x.ts', 'Buffer.from([])'],
  ])('%s may not use %s', (path, code) => {
    expect(brokenRules(path, `export const x = ${code};\n`)).toContain(
      'lint/style/noRestrictedGlobals',
    );
  });
});
