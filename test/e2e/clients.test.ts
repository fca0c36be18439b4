import { execFile } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { GOLDEN_MODELS } from '../helpers/golden.ts';
import { type NodeTarget, startNode } from '../helpers/targets.ts';

/** Where the clients lie; what they are stands in REQUIREMENTS. */
const VENV = resolve('dist/e2e-clients');
const PYTHON = join(VENV, 'bin/python');
const REQUIREMENTS = 'test/e2e/clients/requirements.txt';
const INSTALL_MS = 600_000;

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
  'negative_data_rejection',
  'unsupported_method',
];

/** Runs a program to its end. @throws Error with all that it has said, when it fails or takes too long */
async function run(program: string, args: readonly string[], options = {}): Promise<void> {
  const limits = { timeout: 110_000, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 } as const;
  try {
    await promisify(execFile)(program, args, { ...limits, ...options });
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout: string; stderr: string };
    // The message has what stderr has.
    throw new Error(`${stdout}\n${message.includes(stderr) ? message : message + stderr}`);
  }
}

/** Installs the clients, again when what is wanted has changed. */
async function installClients(): Promise<void> {
  const installed = join(VENV, 'installed.txt');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  const options = { timeout: INSTALL_MS };
  await run('python3', ['-m', 'venv', '--clear', VENV], options);
  await run(PYTHON, ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS], options);
  writeFileSync(installed, wanted);
}

/** A repository of the models that are shipped, and of small ones. */
function createRepository(...small: readonly string[]): string {
  const models = mkdtempSync(join(tmpdir(), 'kilat-clients-'));
  for (const name of GOLDEN_MODELS) {
    cpSync(join('model', name), join(models, name), { recursive: true });
  }
  for (const name of small) {
    mkdirSync(join(models, name, '1'), { recursive: true });
    copyFileSync(`test/models/${name}.onnx`, join(models, name, '1/model.onnx'));
  }
  return models;
}

beforeAll(installClients, INSTALL_MS);

describe('clients that others have written', () => {
  let server: NodeTarget;

  beforeAll(async () => {
    const MODEL_REPOSITORY = createRepository('two-inputs', 'lookup');
    server = await startNode({ MODEL_REPOSITORY, GRPC_PORT: '0', ADMIN_TOKEN: 'admin' });
  });
  afterAll(() => server.stop());

  const script = (name: string, address: string) =>
    run(PYTHON, [join('test/e2e/clients', name), address]);
  const grpcAddress = () => {
    const line = server.logs().find(({ msg }) => msg === 'grpc listening');
    return z.string().parse(line?.address);
  };

  it('are content over HTTP: tritonclient', () =>
    script('triton_http.py', new URL(server.url).host));

  it('are content over gRPC: tritonclient', () => script('triton_grpc.py', grpcAddress()));

  it('are content over HTTP, in both protocols: kserve', () =>
    script('kserve_rest.py', server.url));

  it('are content over gRPC: kserve', () => script('kserve_grpc.py', grpcAddress()));
});

const report = z.object({
  complete: z.literal(true),
  operations: z.object({ total: z.number(), tested: z.number() }),
  test_cases: z.object({ generated: z.number(), errored: z.number() }),
  failures: z.array(z.unknown()),
  errors: z.array(z.unknown()),
});

describe('what /openapi.json says', () => {
  it('is what the server does, for schemathesis', { timeout: 120_000 }, async () => {
    // Without a model that fails to run on some of what its graph takes: that is answered with 500.
    const MODEL_REPOSITORY = createRepository('two-inputs', 'summary', 'image', 'from-one');
    const server = await startNode({ MODEL_REPOSITORY });
    const folder = mkdtempSync(join(tmpdir(), 'kilat-schemathesis-'));
    const file = join(folder, 'report.json');
    try {
      await run(
        join(VENV, 'bin/st'),
        [
          ...['run', `${server.url}/openapi.json`],
          ...['--phases', 'examples,coverage,fuzzing', '--checks', CHECKS.join()],
          ...['--seed', '20261124', '--max-examples', '80', '--generation-database', 'none'],
          ...['--request-timeout', '10'],
          ...['--report', 'json', '--report-json-path', file, '--no-color'],
          '--continue-on-failure',
        ],
        { cwd: folder },
      );
    } finally {
      expect(await server.stop()).toBe(0);
    }
    const { operations, test_cases, ...rest } = report.parse(
      JSON.parse(readFileSync(file, 'utf8')),
    );
    expect(rest).toEqual({ complete: true, failures: [], errors: [] });
    expect(operations.tested).toBe(operations.total);
    expect(test_cases).toMatchObject({ errored: 0 });
    expect(test_cases.generated).toBeGreaterThanOrEqual(5000);
    // What the server itself has seen.
    const requests = server.logs().filter(({ msg }) => msg === 'request');
    expect(requests.length).toBeGreaterThanOrEqual(test_cases.generated);
    expect(requests.filter(({ status }) => Number(status) >= 500)).toEqual([]);
  });
});
