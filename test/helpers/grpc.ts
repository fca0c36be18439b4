import {
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ModelInferRequest, ModelInferResponse } from '../../src/protocols/grpc/messages.ts';
import type { NodeTarget } from './targets.ts';

const { 'inference.GRPCInferenceService': service } = loadSync(
  'src/protocols/grpc/inference.proto',
  { keepCase: true, longs: String, defaults: true },
);

/** The definition of a method of the service. */
export function methodOf(name: string): MethodDefinition<object, object> {
  const method = service && !('format' in service) ? service[name] : undefined;
  if (!method) throw new Error(`there is no method ${name}`);
  return method;
}

/** What a request may leave out. */
export type Loose<Message> = { readonly [Field in keyof Message]?: unknown };
export type LooseRequest = Loose<ModelInferRequest>;

/** A ModelInferResponse as a client reads it: with everything that was left out as its default. */
export interface InferAnswer extends Omit<ModelInferResponse, 'outputs'> {
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly string[];
    readonly contents: Readonly<Record<string, readonly unknown[]>> | null;
  }[];
  readonly raw_output_contents: readonly Uint8Array[];
}

/** An answer on a stream. */
export interface StreamAnswer {
  readonly error_message: string;
  readonly infer_response: InferAnswer | null;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds from now. */
  readonly deadline?: number;
  /** Is handed what cancels the call. */
  readonly onStart?: (cancel: () => void) => void;
}

/** How a call failed. */
export interface Failure {
  /** The name of its status. */
  readonly status: string | undefined;
  readonly details: string;
  /** The error-code that its metadata has. */
  readonly code: unknown;
  readonly requestId: unknown;
}

/** A client of a server that was started with GRPC_PORT. */
export class GrpcClient {
  private readonly client: Client;

  constructor(target: NodeTarget, options: ChannelOptions = {}) {
    const line = target.logs().find(({ msg }) => msg === 'grpc listening');
    this.client = new Client(String(line?.address), credentials.createInsecure(), options);
  }

  /** Calls a method of one request, and throws what a ServiceError says as a Failure. */
  call<Answer = unknown>(name: string, request: object, options: CallOptions = {}) {
    const method = methodOf(name);
    return this.send<Answer>(name, method.requestSerialize(request), options);
  }

  /** The same with the bytes of the request as they are. */
  send<Answer = unknown>(name: string, request: Buffer, options: CallOptions = {}) {
    const { path, responseDeserialize } = methodOf(name);
    return new Promise<Answer>((resolve, reject) => {
      const call = this.client.makeUnaryRequest(
        path,
        (bytes: Buffer) => bytes,
        responseDeserialize,
        request,
        toMetadata(options.headers),
        options.deadline === undefined ? {} : { deadline: Date.now() + options.deadline },
        (error, answer) => (error ? reject(toFailure(error)) : resolve(answer as Answer)),
      );
      options.onStart?.(() => call.cancel());
    });
  }

  infer(request: LooseRequest, options: CallOptions = {}): Promise<InferAnswer> {
    return this.call<InferAnswer>('ModelInfer', request, options);
  }

  /** The failure of a call that has to fail. */
  async refused(name: string, request: object, options: CallOptions = {}): Promise<Failure> {
    return this.call(name, request, options).then(
      (answer) => Promise.reject(new Error(`answered ${JSON.stringify(answer)}`)),
      (failure: Failure) => failure,
    );
  }

  stream(headers: Readonly<Record<string, string>> = {}) {
    const { path, requestSerialize, responseDeserialize } = methodOf('ModelStreamInfer');
    return this.client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      toMetadata(headers),
    ) as ClientDuplexStream<LooseRequest, StreamAnswer>;
  }

  close(): void {
    this.client.close();
  }
}

export function toFailure(error: ServiceError): Failure {
  const [code] = error.metadata.get('error-code');
  const [requestId] = error.metadata.get('x-request-id');
  return { status: status[error.code], details: error.details, code, requestId };
}

function toMetadata(headers: Readonly<Record<string, string>> = {}): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}
