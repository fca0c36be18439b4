import type { ExternalData } from './store.ts';
import type { Datatype, Tensor } from './tensor.ts';

/** A tensor as a model declares it; -1 stands for a dimension that may vary. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/** One run of a model's graph. */
export interface RunResult {
  readonly outputs: readonly Tensor[];
  /** Seconds that the run itself took: neither waiting for it nor encoding around it. */
  readonly seconds: number;
  /** Seconds from the call until the run began. */
  readonly queueSeconds: number;
}

/** A loaded graph that can be run. */
export interface Session {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Runs that it takes at once; others would have to wait for one of them. */
  readonly parallelRuns: number;
  /**
   * Runs the graph once.
   *
   * @param inputs one tensor per declared input, already checked against `this.inputs`; their data may move to
   *   another thread, so it must not be used afterwards
   * @param outputs names of the outputs wanted, in the order of the answer
   */
  run(inputs: readonly Tensor[], outputs: readonly string[]): Promise<RunResult>;
  /** Gives the graph's memory back; the session must not be used afterwards. */
  release(): Promise<void>;
}

/** A run that is asked for. */
export interface RunRequest {
  /** One tensor per declared input, in the model's order, already checked. */
  readonly inputs: readonly Tensor[];
  /** Names of the outputs wanted, in the order of the answer. */
  readonly outputs: readonly string[];
  /** The trace that the request belongs to, when it is one that is kept. */
  readonly traceId?: string | undefined;
  /** After this time the run is of no use, in milliseconds of the clock that the runner has. */
  readonly deadline?: number | undefined;
  /** Whether nobody waits for the answer any more. */
  readonly isGone?: (() => boolean) | undefined;
}

/** What runs a model: at once, or together with other requests. */
export interface Runner {
  /** @throws AppError overloaded when there is so much that nothing more can wait */
  admit(): void;
  run(request: RunRequest): Promise<RunResult>;
}

/** What turns the bytes of an ONNX file into a session. */
export interface Engine {
  readonly name: string;
  /**
   * @param externalData the files that the graph keeps weights in
   * @throws ModelError when the graph cannot be loaded or has outputs that are not tensors
   */
  load(graph: Uint8Array, externalData?: readonly ExternalData[]): Promise<Session>;
}

/** What is asked of a model, whatever protocol asked it. */
export interface InferenceRequest extends Omit<RunRequest, 'outputs'> {
  /** Names of the outputs wanted; every output when absent. */
  readonly outputs?: readonly string[];
}

export interface InferenceResponse {
  readonly outputs: readonly Tensor[];
  /** Rows that were predicted: the first dimension of the inputs, 1 for a model without one. */
  readonly rows: number;
  /** Seconds of the run. */
  readonly seconds: number;
  /** Seconds that it waited for its run. */
  readonly queueSeconds: number;
}

/** Rows of a request that has been checked and admitted, as telemetry sees them before they run. */
export interface AcceptedEvent {
  readonly model: string;
  readonly version: string;
  /** One tensor per input, in the model's order. To be read during the call alone: their data may move to a thread. */
  readonly inputs: readonly Tensor[];
}

/** A request that has had its run, as telemetry sees it. */
export interface WaitEvent {
  readonly model: string;
  readonly version: string;
  /** From the acceptance of the request to its run. */
  readonly seconds: number;
}

/** A run, of one request or of several, as telemetry sees it. */
export interface RunEvent {
  readonly model: string;
  readonly version: string;
  readonly rows: number;
  readonly seconds: number;
  /** Counts the rows that got each class of the card; what is no class of the card is `other`. */
  readonly countClasses?: (() => ReadonlyMap<string, number> | undefined) | undefined;
  /** Those that were asked for. They belong to whoever asked: to be read during the call alone. */
  readonly outputs?: readonly Tensor[] | undefined;
  readonly traceId?: string | undefined;
}

/** Shares of what was seen in training, by bins: bin i holds edges[i-1] < value <= edges[i], the last what is above. */
export interface ReferenceBins {
  /** Rising; at least one. */
  readonly edges: readonly number[];
  /** One more than edges. */
  readonly shares: readonly number[];
  /** Share of the rows that did not have the value. */
  readonly missing: number;
  /** What values are held in when they are compared with the edges; never text. */
  readonly datatype: Datatype;
}

export interface FeatureReference extends ReferenceBins {
  readonly name: string;
  /** Its place in a row. */
  readonly column: number;
}

/** What a model saw in training, for telemetry to count what it meets by. */
export interface DriftReference {
  /** The features that there are bins for, in the card's order. They are of the model's only input. */
  readonly features: readonly FeatureReference[];
  /** Values in a row. */
  readonly width: number;
  /** Share of each class; none for what is no classifier. */
  readonly classes: Readonly<Record<string, number>>;
  /** A regressor's predictions, and the output that holds one for each row. */
  readonly predictions: (ReferenceBins & { readonly output: string }) | undefined;
}

/** A model as telemetry names it. */
export interface LoadedModel {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the graph's bytes, in hexadecimal. */
  readonly sha256: string;
  readonly loadSeconds: number;
  /** The classes that its card names; none for what is no classifier. */
  readonly labels: readonly string[];
  /** What its card knows of the training data; undefined where that is nothing. */
  readonly drift?: DriftReference | undefined;
}

/** A model that could not be loaded, as telemetry names it. */
export interface LoadFailure {
  readonly name: string;
  readonly version: string;
  readonly fault: ModelFault;
}

/** Hears what the inference core does. The core does not know who listens. */
export interface InferenceObserver {
  /** Rows are about to run: once for each request, whatever runs are shared or repeated. */
  accepted(event: AcceptedEvent): void;
  ran(event: RunEvent): void;
  waited(event: WaitEvent): void;
  loaded(model: LoadedModel, runtime: string): void;
  /** The model is served no more: another has taken its place, or none. */
  unloaded(model: LoadedModel, runtime: string): void;
  loadFailed(failure: LoadFailure): void;
}

/** Why a model cannot be served, as a label; docs/errors.md is held to this table by a test. */
export const MODEL_FAULTS = {
  unreadable: 'A file of the model cannot be read.',
  wrong_hash: 'A file is not the one whose SHA-256 the card or SHA256SUMS gives.',
  bad_graph: 'ONNX Runtime cannot load the graph.',
  unsupported: 'The graph has inputs or outputs that cannot travel as tensors.',
  bad_card: 'The card is not of the form of a card, or contradicts the graph.',
  failed_run: 'Its first run, on an example of its card or on zeros, fails or does not end.',
  no_room: 'It would take more than MAX_LOADED_BYTES.',
  internal: 'A fault in the server; the log has it.',
} as const;

export type ModelFault = keyof typeof MODEL_FAULTS;

/** A model that cannot be served, with a message that its owner can act on. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly fault: ModelFault;

  constructor(fault: ModelFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
