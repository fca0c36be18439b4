import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import type { Clock } from '../clock.ts';
import type { Datatype, Tensor, TensorData } from './tensor.ts';
import { createTurns, type Turns } from './turns.ts';
import { type Engine, ModelError, type RunResult, type Session, type TensorSpec } from './types.ts';

/** What every distribution of ONNX Runtime for JavaScript has: the interface of `onnxruntime-common`. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(graph: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (
    type: OrtTensor.Type,
    data: OrtTensor.DataType | readonly string[],
    dims: readonly number[],
  ) => OrtTensor;
}

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

/** How ONNX Runtime on WebAssembly reports an unnamed dimension that may vary: -1 as an unsigned number. */
const UNNAMED_DIMENSION = 0xffffffff;

/** Only fatal faults go to the console: what fails is thrown, and logged by whoever catches it. */
const QUIET = { logSeverityLevel: 4 } as const;

/**
 * An engine on a distribution of ONNX Runtime that is ready to make sessions.
 *
 * @param options.session what sessions are made with: where they execute, with how many threads
 */
export function createOnnxEngine(
  name: string,
  runtime: OnnxRuntime,
  options: { clock: Clock; session: InferenceSession.SessionOptions },
): Engine {
  // A run's time has to be its own. In a Worker, where a run computes without yielding, none ever waits.
  const inTurn = createTurns();
  const settings = { graphOptimizationLevel: 'all', ...QUIET, ...options.session } as const;
  return {
    name,
    load: async (graph, externalData = []) => {
      const session = await createSession(runtime, graph, { ...settings, externalData });
      try {
        return new OnnxSession(session, runtime, options.clock, inTurn);
      } catch (error) {
        await session.release();
        throw error;
      }
    },
  };
}

async function createSession(
  runtime: OnnxRuntime,
  graph: Uint8Array,
  settings: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  try {
    return await runtime.InferenceSession.create(graph, settings);
  } catch (error) {
    const reason = firstLine(error).replace(WRAPPING, '').replaceAll(BUILD_PATH, '');
    const hint = HINTS.find(([sign]) => reason.includes(sign))?.[1] ?? '';
    throw new ModelError('bad_graph', `ONNX Runtime cannot load the graph: ${reason}${hint}`, {
      cause: error,
    });
  }
}

class OnnxSession implements Session {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly parallelRuns = 1;
  private readonly session: InferenceSession;
  private readonly runtime: OnnxRuntime;
  private readonly clock: Clock;
  private readonly inTurn: Turns;

  constructor(session: InferenceSession, runtime: OnnxRuntime, clock: Clock, inTurn: Turns) {
    this.session = session;
    this.runtime = runtime;
    this.clock = clock;
    this.inTurn = inTurn;
    this.inputs = session.inputMetadata.map((value) => describe(value, 'input'));
    this.outputs = session.outputMetadata.map((value) => describe(value, 'output'));
  }

  async run(inputs: readonly Tensor[], outputs: readonly string[]): Promise<RunResult> {
    const feeds = Object.fromEntries(
      inputs.map(({ name, datatype, data, shape }) => [
        name,
        new this.runtime.Tensor(ORT_TYPES[datatype], data, shape),
      ]),
    );
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

const WITHOUT_ZIPMAP = 'export it without ZipMap (to_onnx(..., options={"zipmap": False}))';

/** What ONNX Runtime's message has in it, and what to do about it. */
const HINTS = [
  ['ZipMap', `; ${WITHOUT_ZIPMAP}`],
  [
    'external data file',
    '; it has to lie beside the graph, under the name that the graph has for it',
  ],
] as const;

/** What its JavaScript puts before the reason. */
const WRAPPING = /^Can't create a session\. ERROR_CODE: \d+, ERROR_MESSAGE: /;

/** Where its own source lay when ONNX Runtime was built; the file is enough. */
const BUILD_PATH = /(?:\/[\w.-]+)+\/(?=[\w.-]+\.(?:cc|h)\b)/g;

/** @throws ModelError for what cannot travel as a tensor */
function describe(value: InferenceSession.ValueMetadata, kind: 'input' | 'output'): TensorSpec {
  if (!value.isTensor) {
    throw new ModelError(
      'unsupported',
      `${kind} '${value.name}' is a sequence or map, not a tensor; of a scikit-learn classifier, ${WITHOUT_ZIPMAP}`,
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
