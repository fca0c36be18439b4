import { env, InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web/wasm';
import type { Clock } from '../clock.ts';
import { withPrecompiledModule } from './precompiled-wasm.ts';
import type { Datatype, Tensor, TensorData } from './tensor.ts';
import { type Engine, ModelError, type RunResult, type Session, type TensorSpec } from './types.ts';

/** ONNX Runtime's names for element types, by ours. */
const ORT_TYPES = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const satisfies Record<Datatype, OrtTensor.Type>;

const DATATYPE_OF = new Map<string, Datatype>(
  Object.entries(ORT_TYPES).map(([datatype, type]) => [type, datatype as Datatype]),
);

/** How ONNX Runtime reports an unnamed dimension that may vary: -1 as an unsigned 32-bit number. */
const UNNAMED_DIMENSION = 0xffffffff;

/**
 * The WebAssembly engine. ONNX Runtime keeps one module per JavaScript realm, and initialising it twice at
 * once or again after a failure breaks it for good: that is why this state is the module's, not a caller's.
 */
let initialised: Promise<void> | undefined;

/** A graph of one node that hands its input on: what the runtime is initialised with. */
const IDENTITY_GRAPH = Uint8Array.from(
  atob(
    'CAg6PgoQCgF4EgF5IghJZGVudGl0eRIIaWRlbnRpdHlaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgQKABAN',
  ),
  (character) => character.charCodeAt(0),
);

function initialise(module: WebAssembly.Module | undefined): Promise<void> {
  initialised ??= (async () => {
    env.wasm.numThreads = 1;
    env.logLevel = 'fatal';
    const start = async () => (await InferenceSession.create(IDENTITY_GRAPH)).release();
    await (module ? withPrecompiledModule(env.wasm, module, start) : start());
  })();
  return initialised;
}

/**
 * ONNX Runtime Web on WebAssembly, one thread, as an engine.
 *
 * @param options.module the runtime's wasm, already compiled, where compiling bytes is forbidden (Workers)
 */
export async function createWasmEngine(options: {
  clock: Clock;
  module?: WebAssembly.Module;
}): Promise<Engine> {
  await initialise(options.module);
  const inTurn = createTurns();
  return {
    name: 'onnxruntime-web/wasm',
    load: async (graph) => {
      const session = await createSession(graph);
      try {
        return new OnnxSession(session, options.clock, inTurn);
      } catch (error) {
        await session.release();
        throw error;
      }
    },
  };
}

/** Only fatal faults go to the console: what fails is thrown, and logged by whoever catches it. */
const QUIET = { logSeverityLevel: 4 } as const;

async function createSession(graph: Uint8Array): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(graph, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
      ...QUIET,
    });
  } catch (error) {
    const reason = firstLine(error);
    const hint = reason.includes('ZipMap') ? `; ${ZIPMAP_HINT}` : '';
    throw new ModelError('bad_graph', `ONNX Runtime cannot load the graph: ${reason}${hint}`, {
      cause: error,
    });
  }
}

class OnnxSession implements Session {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  private readonly session: InferenceSession;
  private readonly clock: Clock;
  private readonly inTurn: Turns;

  constructor(session: InferenceSession, clock: Clock, inTurn: Turns) {
    this.session = session;
    this.clock = clock;
    this.inTurn = inTurn;
    this.inputs = session.inputMetadata.map((value) => describe(value, 'input'));
    this.outputs = session.outputMetadata.map((value) => describe(value, 'output'));
  }

  async run(inputs: readonly Tensor[], outputs: readonly string[]): Promise<RunResult> {
    const feeds: Record<string, OrtTensor> = {};
    for (const { name, datatype, data, shape } of inputs) {
      feeds[name] = new OrtTensor(ORT_TYPES[datatype], data, shape);
    }
    const called = this.clock.now();
    const { results, seconds, start } = await this.inTurn(async () => {
      const start = this.clock.now();
      const results = await this.session.run(feeds, outputs, QUIET);
      const elapsed = () => (this.clock.now() - start) / 1000;
      // A clock that has to settle does so after the turn has passed on: it waits for an event of this
      // request, and another request must not have to wait for that.
      const settling = this.clock.settle();
      return {
        results,
        start,
        seconds: settling === undefined ? elapsed() : settling.then(elapsed),
      };
    });
    return {
      outputs: outputs.map((name) => toTensor(name, results[name])),
      seconds: await seconds,
      queueSeconds: (start - called) / 1000,
    };
  }

  release(): Promise<void> {
    return this.inTurn(() => this.session.release());
  }
}

type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Lets one piece of work run at a time, so that a run's time is its own. Work that finds nobody running
 * starts at once: in a Worker, where a run computes without yielding, requests never wait for each other.
 */
function createTurns(): Turns {
  let last: Promise<unknown> | undefined;
  return async (work) => {
    const turn = last ? last.then(work, work) : work();
    last = turn;
    try {
      return await turn;
    } finally {
      if (last === turn) last = undefined;
    }
  };
}

const ZIPMAP_HINT =
  'export the model without ZipMap (scikit-learn: to_onnx(..., options={"zipmap": False}))';

/** @throws ModelError for what cannot travel as a tensor */
function describe(value: InferenceSession.ValueMetadata, kind: 'input' | 'output'): TensorSpec {
  if (!value.isTensor) {
    throw new ModelError(
      'unsupported',
      `${kind} '${value.name}' is a sequence or map, not a tensor; ${ZIPMAP_HINT}`,
    );
  }
  const datatype = DATATYPE_OF.get(value.type);
  if (!datatype) {
    throw new ModelError(
      'unsupported',
      `${kind} '${value.name}' has the unsupported type ${value.type}`,
    );
  }
  const shape = value.shape.map((dimension) =>
    typeof dimension === 'number' && dimension !== UNNAMED_DIMENSION ? dimension : -1,
  );
  return { name: value.name, datatype, shape };
}

function toTensor(name: string, value: OrtTensor | undefined): Tensor {
  const datatype = value && DATATYPE_OF.get(value.type);
  if (!value || !datatype) throw new Error(`ONNX Runtime gave no tensor for output '${name}'`);
  return { name, datatype, shape: value.dims, data: asBits(value.data) };
}

/** Where the platform has Float16Array, FP16 comes as one; the core keeps its bits. */
function asBits(data: OrtTensor['data']): TensorData {
  if (ArrayBuffer.isView(data) && String(data[Symbol.toStringTag]) === 'Float16Array') {
    return new Uint16Array(data.buffer, data.byteOffset, data.length);
  }
  return data as TensorData;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? message;
}
