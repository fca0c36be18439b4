import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { post, readCard } from '../test/helpers/golden.ts';
import { lookupGraph, shippedGraph } from '../test/helpers/store.ts';
import { startNode } from '../test/helpers/targets.ts';

/**
 * `node bench/reloads.ts`: resident memory of a server while its models are replaced under load. Two that run in the
 * server's own thread, one whose runs are long and which has threads, and then one of 128 MiB.
 */

const RELOADS = 200;
const STEP = 20;
const LARGE_BYTES = 128 * 2 ** 20;
const LARGE_RELOADS = 20;
const ADMIN_TOKEN = 'bench';

const root = mkdtempSync(join(tmpdir(), 'kilat-reloads-'));
/** Put in its place as a whole; the file is another each time, what is in it one of two. */
function write(name: string, graph: Uint8Array): void {
  mkdirSync(join(root, name, '1'), { recursive: true });
  writeFileSync(join(root, name, '.new'), graph);
  renameSync(join(root, name, '.new'), join(root, name, '1', 'model.onnx'));
}
const slow = readFileSync('test/models/slow.onnx');
write('lookup', lookupGraph(10));
write('classifier', shippedGraph('breast-cancer'));
write('slow', slow);

const server = await startNode({ MODEL_REPOSITORY: root, ADMIN_TOKEN, LOG_LEVEL: 'info' });
const residentMiB = async () => {
  const metrics = await (await server.fetch('/metrics')).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]) / 2 ** 20;
};
const requests: Record<string, RequestInit> = {
  lookup: post([3]),
  classifier: post(readCard('breast-cancer').examples[0]),
  slow: post(Array(16).fill(1)),
};
let stopped = false;
let answered = 0;
let failed = 0;
const client = async (name: string) => {
  while (!stopped) {
    const response = await server.fetch(`/models/${name}/predict`, requests[name]);
    await response.arrayBuffer();
    if (response.ok) answered++;
    else failed++;
  }
};
const names = ['lookup', 'classifier', 'slow'];
const clients = Array.from({ length: 16 }, (_, i) => client(names[i % names.length] ?? ''));

const seconds: number[] = [];
for (let reload = 1; reload <= RELOADS; reload++) {
  write('lookup', lookupGraph(reload % 2 ? 20 : 10));
  write('classifier', shippedGraph('breast-cancer'));
  write('slow', slow);
  for (const name of names) {
    const start = performance.now();
    const path = `/v2/repository/models/${name}/load`;
    await server.fetch(path, post({}, { Authorization: `Bearer ${ADMIN_TOKEN}` }));
    if (name !== 'slow') seconds.push(performance.now() - start);
  }
  if (reload % STEP === 0 || reload === 1) {
    const memory = (await residentMiB()).toFixed(0);
    console.log(`${reload} reloads of each, ${answered} answers, ${failed} failed: ${memory} MiB`);
  }
}
/** The lookup model with a long doc_string, which is field 6 of ONNX's ModelProto. */
function largeGraph(step: number): Uint8Array {
  const length: number[] = [];
  for (let rest = LARGE_BYTES; rest > 0; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) + (rest >= 128 ? 128 : 0));
  }
  return Buffer.concat([
    lookupGraph(step),
    Buffer.from([0x32, ...length]),
    Buffer.alloc(LARGE_BYTES, ' '),
  ]);
}
for (let reload = 1; reload <= LARGE_RELOADS; reload++) {
  write('large', largeGraph(reload % 2 ? 20 : 10));
  const path = '/v2/repository/models/large/load';
  const { status } = await server.fetch(path, post({}, { Authorization: `Bearer ${ADMIN_TOKEN}` }));
  if (status !== 200) throw new Error(`the large model was not loaded: ${status}`);
  if (reload % 4 === 0 || reload === 1) {
    console.log(`${reload} reloads of 128 MiB: ${(await residentMiB()).toFixed(0)} MiB`);
  }
}
const unload = '/v2/repository/models/large/unload';
await server.fetch(unload, post({}, { Authorization: `Bearer ${ADMIN_TOKEN}` }));
await new Promise((resolve) => setTimeout(resolve, 2000));
console.log(`without it: ${(await residentMiB()).toFixed(0)} MiB`);

stopped = true;
await Promise.all(clients);
seconds.sort((a, b) => a - b);
console.log(`a reload in the server's own thread: ${seconds[seconds.length >> 1]?.toFixed(0)} ms`);
await server.stop();
execFileSync('rm', ['-r', root]);
