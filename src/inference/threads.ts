import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Piscina } from 'piscina';
import { mayLoop } from './byte-search.ts';
import type { LocalEngineOptions } from './local-engine.ts';
import type { RunCost } from './run-cost.ts';
import { sizeOf, type Tensor } from './tensor.ts';
import type { Description, ThreadResult, ThreadRun, ThreadSetup } from './thread.ts';
import { prepareTransfer } from './transfer.ts';
import { tryOut } from './trial.ts';
import { type Engine, ModelError, type RunResult, type Session, type TensorSpec } from './types.ts';

export interface ThreadsOptions {
  /** The engine of the server's own thread. */
  readonly own: Engine;
  /** What each thread of a model runs on. */
  readonly engine: LocalEngineOptions;
  /** Threads for each model that needs them, at least 1. */
  readonly threads: number;
  /** How long the first run of a model may take, which is on zeros: it may be one without an end. */
  readonly longestFirstRunMs?: number;
  /** How long a run in a thread may take: nobody waits for it after that, and the thread may never come back. */
  readonly longestRunMs?: number | undefined;
}

/** A run that is expected to take longer leaves the server's own thread: it would hold up every answer. */
const LONGEST_OWN_RUN_SECONDS = 0.002;
/** A larger graph is not even loaded there: that would take as long. */
const LARGEST_OWN_GRAPH_BYTES = 4 * 1024 * 1024;
/** Memory that threads share is given back at the next garbage collection, for which nothing else may be a reason. */
const COLLECTED_BYTES = 64 * 1024 * 1024;
const LONGEST_FIRST_RUN_MS = 60_000;
/** After so long without work a thread that only large requests need gives its memory back. */
const IDLE_MS = 60_000;

/**
 * An engine that keeps long runs off the server's own thread.
 *
 * Small runs stay, since a way to another thread and back costs more than they do. Every model that needs
 * threads has its own: they hold its session and nothing else, so it cannot keep other models waiting, and
 * its memory is given back when they end.
 */
export function createThreadedEngine(options: ThreadsOptions): Engine {
  const { own, threads } = options;
  const trust = { own: true };
  return {
    name: own.name,
    load: async (graph, externalData = []) => {
      const shared = {
        graph: share(graph),
        externalData: externalData.map(({ path, data }) => ({ path, data: share(data) })),
      };
      const bytes = externalData.reduce((sum, { data }) => sum + data.byteLength, graph.byteLength);
      // What may not come to an end is not even tried there.
      const isForThreads = bytes > LARGEST_OWN_GRAPH_BYTES || mayLoop(graph);
      if (isForThreads || !trust.own) return ThreadedSession.load(shared, threads, options);
      const session = await own.load(graph, externalData);
      const { seconds, cost } = await tryOut(session);
      if (seconds <= LONGEST_OWN_RUN_SECONDS) {
        return new PlacedSession(session, cost, shared, options, trust);
      }
      await session.release();
      return ThreadedSession.load(shared, threads, options);
    },
  };
}

/**
 * Whether the engine of the server's own thread can be relied on. WebAssembly that has trapped cannot, and all of its
 * sessions share the one memory: from then on every run goes to threads, whose own are sound.
 */
interface Trust {
  own: boolean;
}

type SharedFiles = Omit<ThreadSetup, 'engine'>;

/** Bytes that threads read in place. */
function share(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  shared.set(bytes);
  return shared;
}

/** Runs in the server's own thread what is short, and in others what is long. */
class PlacedSession implements Session {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly parallelRuns: number;
  private readonly own: Session;
  private readonly cost: RunCost;
  private readonly files: SharedFiles;
  private readonly options: ThreadsOptions;
  private readonly trust: Trust;
  private threaded: Promise<Session> | undefined;

  constructor(
    own: Session,
    cost: RunCost,
    files: SharedFiles,
    options: ThreadsOptions,
    trust: Trust,
  ) {
    this.own = own;
    this.trust = trust;
    this.inputs = own.inputs;
    this.outputs = own.outputs;
    this.parallelRuns = 1 + options.threads;
    this.cost = cost;
    this.files = files;
    this.options = options;
  }

  async run(inputs: readonly Tensor[], outputs: readonly string[]): Promise<RunResult> {
    const size = sizeOf(inputs);
    const long = this.cost.expected(size) > LONGEST_OWN_RUN_SECONDS;
    const isOwn = !long && this.trust.own;
    const session = isOwn ? this.own : await this.inThreads();
    try {
      const result = await session.run(inputs, outputs);
      this.cost.learn(size, result.seconds);
      return result;
    } catch (error) {
      if (isOwn && error instanceof WebAssembly.RuntimeError) this.trust.own = false;
      throw error;
    }
  }

  async release(): Promise<void> {
    // What cannot be relied on any more is left alone.
    if (this.trust.own) await this.own.release();
    await (await this.threaded)?.release();
  }

  private async inThreads(): Promise<Session> {
    this.threaded ??= ThreadedSession.load(this.files, 0, this.options);
    try {
      return await this.threaded;
    } catch (error) {
      // The next large request tries again.
      this.threaded = undefined;
      throw error;
    }
  }
}

/** A session in every thread of a pool. */
class ThreadedSession implements Session {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly parallelRuns: number;
  private readonly pool: Piscina;
  /** What threads are started with. */
  private readonly setup: Writable<ThreadSetup>;
  private readonly longestRunMs: number | undefined;
  private readonly running = new Set<Promise<ThreadResult>>();

  private constructor(
    pool: Piscina,
    setup: Writable<ThreadSetup>,
    specs: { inputs: readonly TensorSpec[]; outputs: readonly TensorSpec[] },
    loadMs: number,
    { threads, longestRunMs }: ThreadsOptions,
  ) {
    // A run may have to wait for a new thread to load the model, which must not be held against it.
    this.longestRunMs =
      longestRunMs === undefined ? undefined : Math.ceil(longestRunMs + 2 * loadMs);
    this.pool = pool;
    this.setup = setup;
    this.inputs = specs.inputs;
    this.outputs = specs.outputs;
    this.parallelRuns = threads;
  }

  /**
   * @param kept threads that stay while there is no work
   * @throws ModelError as an engine does
   */
  static async load(
    files: SharedFiles,
    kept: number,
    options: ThreadsOptions,
  ): Promise<ThreadedSession> {
    const { engine, threads, longestFirstRunMs = LONGEST_FIRST_RUN_MS } = options;
    const setup = { engine, ...files };
    const pool = new Piscina({
      filename: new URL('thread.ts', import.meta.url).href,
      workerData: setup satisfies ThreadSetup,
      minThreads: kept,
      maxThreads: threads,
      idleTimeout: IDLE_MS,
      recordTiming: false,
    });
    // A thread that crashes fails its run, and another takes its place; there is nobody else to tell.
    pool.on('error', () => {});
    try {
      const signal = AbortSignal.timeout(longestFirstRunMs);
      const start = performance.now();
      const description: Description = await pool.run(undefined, { name: 'describe', signal });
      if ('fault' in description) throw new ModelError(description.fault, description.message);
      const loadMs = performance.now() - start;
      return new ThreadedSession(pool, setup, description, loadMs, options);
    } catch (error) {
      await pool.destroy();
      if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
      const message = `its first run, on zeros, had not ended after ${longestFirstRunMs / 1000} s`;
      throw new ModelError('failed_run', message, { cause: error });
    }
  }

  async run(inputs: readonly Tensor[], outputs: readonly string[]): Promise<RunResult> {
    const called = performance.timeOrigin + performance.now();
    const { tensors, buffers: transferList } = prepareTransfer(inputs);
    const task: ThreadRun = { inputs: tensors, outputs };
    const signal = this.longestRunMs === undefined ? null : AbortSignal.timeout(this.longestRunMs);
    // One that is cut off ends with its thread, and another takes its place.
    const running: Promise<ThreadResult> = this.pool.run(task, {
      name: 'run',
      transferList,
      signal,
    });
    this.running.add(running);
    const result = await running.finally(() => this.running.delete(running));
    const { outputs: results, seconds, startedAt } = result;
    return { outputs: results, seconds, queueSeconds: Math.max(0, startedAt - called) / 1000 };
  }

  async release(): Promise<void> {
    // Not the pool's own way to end, which waits half a minute for a run whose thread is gone.
    await Promise.allSettled(this.running);
    await this.pool.destroy();
    const bytes = this.setup.graph.byteLength;
    const all = this.setup.externalData.reduce((sum, { data }) => sum + data.byteLength, bytes);
    // Whoever still has the session, or the pool, has the files no more.
    this.setup.graph = new Uint8Array();
    this.setup.externalData = [];
    if (all >= COLLECTED_BYTES) collectGarbage();
  }
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Shared memory weighs nothing in V8's eyes, so it would stay until something else needs a collection. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
}
