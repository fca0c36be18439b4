import { AppError } from '../errors.ts';
import {
  Batcher,
  type BatchingOptions,
  canShareRuns,
  DirectRunner,
  type SessionRuns,
} from './batcher.ts';
import { type ClassCounter, createClassCounter } from './classes.ts';
import { createDriftReference } from './drift-reference.ts';
import { checkCardAgainstGraph, type ModelCard } from './model-card.ts';
import {
  createOutputWriter,
  createPredictionWriter,
  type NamedOutputs,
  type PredictionWriter,
} from './predictions.ts';
import { createRowReader, type RowReader } from './rows.ts';
import { allocate, checkTensor, type Tensor } from './tensor.ts';
import {
  type DriftReference,
  type InferenceObserver,
  type InferenceRequest,
  type InferenceResponse,
  type LoadedModel,
  ModelError,
  type Runner,
  type RunRequest,
  type RunResult,
  type Session,
  type TensorSpec,
} from './types.ts';
import { warmUp } from './warm-up.ts';

export interface ModelParts extends Omit<LoadedModel, 'labels' | 'drift'> {
  readonly card: ModelCard | undefined;
  /** Bytes of the files that it was made of. */
  readonly bytes: number;
  readonly session: Session;
  readonly observer: InferenceObserver;
  /** How requests share runs; without it each runs at once, alone. */
  readonly batching?: BatchingOptions | undefined;
  /** Whether a row's outputs depend on that row alone; requests share no runs of a model where they do not. */
  readonly independentRows?: boolean | undefined;
}

/** One version of a model, loaded: it checks what it is asked and runs it. */
export class Model implements LoadedModel {
  readonly name: string;
  readonly version: string;
  readonly card: ModelCard | undefined;
  readonly sha256: string;
  readonly loadSeconds: number;
  readonly labels: readonly string[];
  readonly drift: DriftReference | undefined;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly outputNames: readonly string[];
  /** Whether requests may share a run: every input and output has rows as its first dimension. */
  readonly sharesRuns: boolean;
  /** Rows of JSON -> this model's inputs. */
  readonly readRows: RowReader;
  /** This model's outputs -> one prediction per row. */
  readonly predictions: PredictionWriter;
  /** This model's outputs -> their values by name, whatever the card makes of them. */
  readonly namedOutputs: PredictionWriter<NamedOutputs>;
  private readonly countClasses: ClassCounter;
  /** Bytes of the files that it was made of. */
  readonly bytes: number;
  private readonly runner: Runner;
  private readonly session: Session;
  private readonly observer: InferenceObserver;
  /** Those who have been given it to ask, and have not been answered yet. */
  private users = 0;
  private isReleased = false;
  /** Set while it is on its way out: called when the last user has gone. */
  private whenUnused: (() => void) | undefined;

  /** @throws ModelError when the card contradicts the graph */
  constructor(parts: ModelParts) {
    const { name, version, card, session, sha256, loadSeconds, observer, batching } = parts;
    if (card) checkCardAgainstGraph(card, session);
    this.name = name;
    this.version = version;
    this.card = card;
    this.sha256 = sha256;
    this.loadSeconds = loadSeconds;
    this.bytes = parts.bytes;
    this.labels = card?.task === 'classification' ? card.labels : [];
    this.drift = card && createDriftReference(card, session);
    this.inputs = session.inputs;
    this.outputs = session.outputs;
    this.sharesRuns =
      canShareRuns(session) && parts.independentRows !== false && card?.batching !== false;
    this.outputNames = session.outputs.map(({ name }) => name);
    this.readRows = createRowReader(
      session.inputs,
      card?.features?.map((feature) => feature.name),
    );
    this.predictions = createPredictionWriter(session.outputs, card);
    this.namedOutputs = createOutputWriter(session.outputs);
    if (card?.examples) this.checkExamples(card.examples);
    this.countClasses = createClassCounter(card);
    this.session = session;
    this.observer = observer;
    const runs: SessionRuns = {
      run: (request) => this.run(request),
      report: (request, result) => this.report(request, result),
    };
    this.runner = batching
      ? new Batcher(
          runs,
          session.parallelRuns,
          this.sharesRuns ? batching : { ...batching, maxRows: 0 },
        )
      : new DirectRunner(runs);
  }

  /** Keeps its session for one more user, until that one lets go. */
  hold(): this {
    this.users++;
    return this;
  }

  letGo(): void {
    this.users--;
    if (this.users === 0) this.whenUnused?.();
  }

  /** Whether somebody is asking it right now. */
  get isUsed(): boolean {
    return this.users > 0;
  }

  /**
   * Gives its memory back once nobody uses it any more; nobody new must be given it.
   *
   * @param longestUse is done when whoever is left has been waited for long enough; without it they are waited for
   */
  async retire(longestUse?: () => Promise<unknown>): Promise<void> {
    if (this.users > 0) {
      const unused = new Promise<void>((resolve) => {
        this.whenUnused = resolve;
      });
      await (longestUse ? Promise.race([unused, longestUse()]) : unused);
    }
    this.isReleased = true;
    await this.session.release();
  }

  /**
   * Runs the first example of its card, so that no request pays for what a first run costs; zeros without one.
   *
   * @throws ModelError failed_run when the example fails
   */
  async warmUp(): Promise<void> {
    const [example] = this.card?.examples ?? [];
    if (example === undefined) return warmUp(this.session);
    try {
      const inputs = this.readRows([example]);
      // ONNX Runtime would say that a shape does not fit, and not which one does.
      for (const [i, tensor] of inputs.entries()) checkTensor(tensor, this.inputs[i] as TensorSpec);
      await this.session.run(inputs, this.outputNames);
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
      const message = `the model fails on the first example of its card: ${reason}`;
      throw new ModelError('failed_run', message, { cause: error });
    }
  }

  /** @throws AppError overloaded when there is so much that nothing more can wait */
  requireRoom(): void {
    this.runner.admit();
  }

  /**
   * Checks the request against the graph and runs it.
   *
   * @throws AppError bad_feature, bad_datatype or bad_shape for what the model does not take, overloaded,
   *   timeout or cancelled for what is not run, inference_failed when the run fails, and not_ready when it has
   *   been unloaded in spite of its user
   */
  async infer(request: InferenceRequest): Promise<InferenceResponse> {
    if (this.isReleased) throw new AppError('not_ready', `model '${this.name}' has been unloaded`);
    const inputs = this.inputs.map((spec) => {
      const tensor = request.inputs.find((input) => input.name === spec.name);
      if (!tensor) throw new AppError('bad_feature', `missing input '${spec.name}'`);
      checkTensor(tensor, spec);
      return tensor;
    });
    if (request.inputs.length !== inputs.length) throw this.superfluous(request.inputs);
    const outputs = request.outputs ? this.checkOutputs(request.outputs) : this.outputNames;
    const empty = rowsOf(inputs) === 0 ? this.answerNothing(outputs) : undefined;
    if (empty) return { outputs: empty, rows: 0, seconds: 0, queueSeconds: 0 };
    const { name: model, version } = this;
    this.requireRoom();
    this.observer.accepted({ model, version, inputs });
    const result = await this.runner.run({ ...request, inputs, outputs });
    this.observer.waited({ model, version, seconds: result.queueSeconds });
    const { outputs: answered, seconds, queueSeconds } = result;
    return { outputs: answered, rows: rowsOf(inputs), seconds, queueSeconds };
  }

  /** The outputs for no rows at all, where the graph says what they look like; many graphs cannot run on nothing. */
  private answerNothing(outputs: readonly string[]): readonly Tensor[] | undefined {
    if (!this.sharesRuns) return undefined;
    const wanted = outputs.flatMap((name) => this.outputs.find((spec) => spec.name === name) ?? []);
    if (wanted.some(({ shape }) => shape.indexOf(-1, 1) >= 0)) return undefined;
    return wanted.map(({ name, datatype, shape }) => {
      return { name, datatype, shape: shape.with(0, 0), data: allocate(datatype, 0) };
    });
  }

  /** More inputs than the model has: one that it does not know, or one twice. */
  private superfluous(given: readonly Tensor[]): AppError {
    const names = this.inputs.map(({ name }) => name);
    const unknown = given.find(({ name }) => !names.includes(name));
    const message = unknown
      ? `unknown input '${unknown.name.slice(0, 80)}'; the model has ${names.join(', ')}`
      : `expected each input once, got ${given.length} for ${names.length}`;
    return new AppError('bad_feature', message);
  }

  /** @throws AppError bad_feature for an output that the model does not have, or one that is asked for twice */
  private checkOutputs(outputs: readonly string[]): readonly string[] {
    for (const [i, name] of outputs.entries()) {
      if (!this.outputNames.includes(name)) {
        const message = `unknown output '${name.slice(0, 80)}'; the model has ${this.outputNames.join(', ')}`;
        throw new AppError('bad_feature', message);
      }
      if (outputs.indexOf(name) !== i) {
        throw new AppError('bad_feature', `output '${name}' is asked for twice`);
      }
    }
    return outputs;
  }

  private checkExamples(examples: readonly unknown[]): void {
    try {
      this.readRows(examples);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const message = `the card's examples are not what the model takes: ${error.message}`;
      throw new ModelError('bad_card', message, { cause: error });
    }
  }

  /** Runs the graph once, for one request or for several together. */
  private async run({ inputs, outputs }: RunRequest): Promise<RunResult> {
    try {
      return await this.session.run(inputs, outputs);
    } catch (error) {
      const message = `model '${this.name}' failed to run on this input`;
      throw new AppError('inference_failed', message, { cause: error });
    }
  }

  private report({ inputs, traceId }: RunRequest, { outputs, seconds }: RunResult): void {
    const { name: model, version } = this;
    const rows = rowsOf(inputs);
    // Left to the observer, whose faults fail nobody.
    const countClasses = () => this.countClasses(outputs);
    this.observer.ran({ model, version, rows, seconds, countClasses, outputs, traceId });
  }
}

/** Rows in a set of inputs: their first dimension, 1 where there is none. */
function rowsOf([first]: readonly Tensor[]): number {
  return first?.shape[0] ?? 1;
}
