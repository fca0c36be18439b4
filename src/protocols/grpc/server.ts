import {
  Server,
  ServerCredentials,
  setLogger,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type Config, ConfigError } from '../../config.ts';
import { createAccess } from '../../http/access.ts';
import type { ModelRepository } from '../../inference/repository.ts';
import type { Logger } from '../../log.ts';
import { type CallParts, Calls } from './calls.ts';
import { type Answer, inferOnce, unary } from './handlers.ts';
import { infer } from './infer.ts';
import {
  modelConfig,
  modelMetadata,
  modelReady,
  repositoryIndex,
  serverLive,
  serverMetadata,
  serverReady,
} from './metadata.ts';
import { loadModel, unloadModel } from './model-control.ts';
import { loadService } from './service.ts';
import { inferMany } from './stream.ts';

/** What the service is made of; the entry wires it. */
export interface GrpcParts extends CallParts {
  /** Kilat's own. */
  readonly version: string;
  readonly config: Pick<
    Config,
    | 'ADMIN_TOKEN'
    | 'API_TOKEN'
    | 'IDLE_TIMEOUT_MS'
    | 'LOG_PAYLOADS'
    | 'MAX_BATCH_ROWS'
    | 'MAX_BODY_BYTES'
    | 'MAX_CONNECTIONS'
    | 'MAX_REQUEST_ROWS'
    | 'MAX_TENSOR_ELEMENTS'
    | 'METRICS_TOKEN'
    | 'REQUEST_TIMEOUT_MS'
  >;
  readonly models: ModelRepository;
  readonly log: Logger;
  /** Throws an AppError for a prediction that cannot be taken now, whatever it is. */
  readonly admit?: () => void;
}

export interface GrpcServer {
  /** Where it listens: host and port. */
  readonly address: string;
  /** Takes nothing new, and ends with the calls that are under way; those that take longer are cut off. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Serves the Open Inference Protocol over gRPC.
 *
 * @param port 0 takes a free one
 * @throws ConfigError when it cannot listen there
 */
export async function startGrpc(
  parts: GrpcParts,
  hostname: string,
  port: number,
): Promise<GrpcServer> {
  const { log, config } = parts;
  setLogger({ error: (reason: unknown) => log.warn({ reason: String(reason) }, 'grpc') });
  const calls = new Calls(parts);
  const stopping = new AbortController();
  const server = new Server({
    'grpc.max_receive_message_length': config.MAX_BODY_BYTES,
    'grpc.max_connection_idle_ms': config.IDLE_TIMEOUT_MS,
    // Calls at once on one connection, as many as connections may be open.
    'grpc.max_concurrent_streams': config.MAX_CONNECTIONS,
    interceptors: [calls.interceptor],
  });
  server.addService(loadService(log), implement(parts, calls, stopping.signal));
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  const bound = await listen(server, `${host}:${port}`);
  return {
    address: `${host}:${bound}`,
    stop: (graceMs) => {
      stopping.abort();
      return stop(server, graceMs, log);
    },
  };
}

function implement(
  parts: GrpcParts,
  calls: Calls,
  stopping: AbortSignal,
): UntypedServiceImplementation {
  const { version, config, models, clock, log } = parts;
  const access = createAccess(config);
  const inferRequest = infer({
    models,
    clock,
    timeoutMs: config.REQUEST_TIMEOUT_MS,
    size: { maxRows: config.MAX_REQUEST_ROWS, maxElements: config.MAX_TENSOR_ELEMENTS },
    admit: parts.admit,
    logPayloads: config.LOG_PAYLOADS,
  });
  const handle = <Request, Response>(answer: Answer<Request, Response>) =>
    unary(calls, log, answer);
  return {
    ServerLive: handle(serverLive),
    ServerReady: handle(serverReady(models)),
    ModelReady: handle(modelReady(models)),
    ServerMetadata: handle(serverMetadata(version)),
    ModelMetadata: handle(modelMetadata(models)),
    ModelConfig: handle(modelConfig(models, config.MAX_BATCH_ROWS)),
    RepositoryIndex: handle(repositoryIndex(models)),
    RepositoryModelLoad: handle(loadModel(models, access)),
    RepositoryModelUnload: handle(unloadModel(models, access)),
    ModelInfer: handle(inferOnce(calls, access, inferRequest)),
    ModelStreamInfer: inferMany({ calls, access, infer: inferRequest, clock, log, stopping }),
  };
}

function listen(server: Server, place: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(place, ServerCredentials.createInsecure(), (error, port) => {
      if (!error) return resolve(port);
      const taken = error.message.includes('EADDRINUSE');
      const reason = taken ? 'the port is in use; set GRPC_PORT to another' : error.message;
      reject(new ConfigError(`cannot listen on ${place} for gRPC: ${reason}`, { cause: error }));
    });
  });
}

function stop(server: Server, graceMs: number, log: Logger): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => {
      log.warn({}, 'shutdown took too long; gRPC connections are cut');
      server.forceShutdown();
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(deadline);
      resolve();
    });
  });
}
