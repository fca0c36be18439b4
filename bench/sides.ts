import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { installWorkerd, WORKERD_CONFIG } from './sides/workerd.ts';

/** Rows of features to predict from. */
export type Rows = readonly (readonly number[])[];

/** What a side is asked for predictions with. */
export interface SideRequest {
  readonly path: string;
  readonly body: string;
}

/** A server that the bench can start. */
export interface Side {
  readonly name: string;
  /** @param answer what it would answer, for a side that computes nothing */
  command(port: number, answer: string): { argv: readonly string[]; env?: Record<string, string> };
  /** For a side that does not speak Kilat's own form. */
  request?(rows: Rows): SideRequest;
}

const PYTHON_FOLDER = 'dist/bench-python';
/** MLServer pins another FastAPI than the bench's own Python has. */
const MLSERVER_FOLDER = 'dist/bench-mlserver';
const MLSERVER_MODEL = `${MLSERVER_FOLDER}/breast-cancer.joblib`;
/** BentoML brings a web stack of its own as well. */
const BENTOML_FOLDER = 'dist/bench-bentoml';
const python = `${PYTHON_FOLDER}/bin/python`;
const node = process.execPath;

/** A repository of models that are too large to ship, for Kilat's MODEL_REPOSITORY. */
export const BENCH_MODELS = 'dist/bench-models';

/** 64 connections with 256 rows each are more than may wait by default, and none is to be turned away. */
const MAX_QUEUE_ROWS = String(64 * 256);

/** Kilat first: the others are compared with it. */
export const SIDES: readonly Side[] = [
  {
    name: 'Kilat on Node',
    command: (port) => ({
      argv: [node, 'src/node.ts'],
      env: { PORT: String(port), MAX_QUEUE_ROWS },
    }),
  },
  {
    name: 'Kilat on Node, one row a run',
    command: (port) => ({
      argv: [node, 'src/node.ts'],
      env: { PORT: String(port), MAX_BATCH_ROWS: '1', MAX_QUEUE_ROWS },
    }),
  },
  {
    name: 'Kilat on Node, no metrics and no log',
    command: (port) => ({
      argv: [node, 'bench/sides/unobserved.ts'],
      env: { PORT: String(port), MAX_QUEUE_ROWS },
    }),
  },
  {
    name: 'Kilat in workerd, direct socket',
    command: (port) => ({
      argv: [
        ...['node_modules/.bin/workerd', 'serve', WORKERD_CONFIG],
        ...['--socket-addr', `http=127.0.0.1:${port}`],
      ],
    }),
  },
  {
    name: 'bare node:http, same JSON and bytes',
    command: (port, answer) => ({
      argv: [node, 'bench/sides/bare.ts'],
      env: { PORT: String(port), ANSWER: answer },
    }),
  },
  {
    name: 'FastAPI, native ONNX Runtime, uvicorn',
    command: (port) => ({
      argv: [
        python,
        ...['-m', 'uvicorn', '--app-dir', 'bench/sides', '--port', String(port)],
        ...['--no-access-log', '--log-level', 'warning', 'fastapi_app:app'],
      ],
    }),
  },
  {
    name: 'Flask, scikit-learn, gunicorn with 2 workers',
    command: (port) => ({
      argv: [
        python,
        ...['-m', 'gunicorn', '--chdir', 'bench/sides', '--workers', '2'],
        ...['--bind', `127.0.0.1:${port}`, '--log-level', 'error', 'flask_app:app'],
      ],
    }),
  },
  {
    name: 'Flask, scikit-learn, development server',
    command: (port) => ({ argv: [python, 'bench/sides/flask_app.py', String(port)] }),
  },
  {
    name: 'MLServer, scikit-learn',
    command: (port) => ({
      argv: [`${MLSERVER_FOLDER}/bin/mlserver`, 'start', 'bench/sides/mlserver'],
      env: {
        MLSERVER_HOST: '127.0.0.1',
        MLSERVER_HTTP_PORT: String(port),
        // It always serves these too; any free port will do.
        MLSERVER_GRPC_PORT: '0',
        MLSERVER_METRICS_PORT: '0',
        // No access log.
        MLSERVER_DEBUG: 'false',
        // Inference in the server's own process: for a model this small that is twice as fast at one connection
        // as in one process beside it, which is the default, and about as fast at many.
        MLSERVER_PARALLEL_WORKERS: '0',
      },
    }),
    request: (rows) => ({
      path: '/v2/models/breast-cancer/infer',
      body: JSON.stringify({
        inputs: [
          {
            name: 'features',
            shape: [rows.length, rows[0]?.length ?? 0],
            datatype: 'FP64',
            data: rows,
          },
        ],
        outputs: [{ name: 'predict_proba' }],
      }),
    }),
  },
  {
    name: 'BentoML, scikit-learn',
    command: (port) => ({
      argv: [
        ...[`${BENTOML_FOLDER}/bin/bentoml`, 'serve', '--working-dir', 'bench/sides/bentoml'],
        ...['--host', '127.0.0.1', '--port', String(port), 'service:BreastCancer'],
      ],
      // Whole paths, since its workers run in another folder.
      env: {
        PYTHONPATH: resolve('bench/sides'),
        BENTOML_HOME: resolve(BENTOML_FOLDER, 'home'),
        BENTOML_DO_NOT_TRACK: 'true',
      },
    }),
  },
];

/** Installs what the sides and the load generator need: wrk where Debian's packages can be had, and the rest. */
export function install(): void {
  if (spawnSync('which', ['wrk']).status !== 0) {
    if (process.getuid?.() !== 0 || spawnSync('which', ['apt-get']).status !== 0) {
      throw new Error('the bench needs wrk: please install it');
    }
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
    execFileSync('apt-get', ['install', '-y', '-qq', 'wrk', 'python3-venv'], { stdio: 'inherit' });
  }
  installWorkerd();
  installPython(PYTHON_FOLDER, 'bench/sides/requirements.txt');
  installPython(MLSERVER_FOLDER, 'bench/sides/mlserver/requirements.txt');
  installPython(BENTOML_FOLDER, 'bench/sides/bentoml/requirements.txt');
  if (!existsSync(MLSERVER_MODEL)) {
    // Kept by the scikit-learn that will load it.
    const mlserverPython = `${MLSERVER_FOLDER}/bin/python`;
    execFileSync(mlserverPython, ['bench/sides/breast_cancer.py', MLSERVER_MODEL]);
  }
  if (!existsSync(`${BENCH_MODELS}/cnn`)) {
    execFileSync(python, ['bench/models/generate.py', BENCH_MODELS], { stdio: 'inherit' });
  }
}

/** Makes a Python environment with what a file of requirements pins, anew whenever that file has changed. */
function installPython(folder: string, requirements: string): void {
  const installed = `${folder}/requirements.txt`;
  if (
    existsSync(installed) &&
    readFileSync(installed, 'utf8') === readFileSync(requirements, 'utf8')
  ) {
    return;
  }
  execFileSync('python3', ['-m', 'venv', '--clear', folder], { stdio: 'inherit' });
  const pip = ['-m', 'pip', 'install', '--quiet', '-r', requirements];
  execFileSync(`${folder}/bin/python`, pip, { stdio: 'inherit' });
  copyFileSync(requirements, installed);
}
