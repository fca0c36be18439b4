import { Buffer } from 'node:buffer';
import { fileURLToPath } from 'node:url';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Logger } from '../../log.ts';

const PROTO = fileURLToPath(new URL('inference.proto', import.meta.url));
const SERVICE = 'inference.GRPCInferenceService';

/** The service of inference.proto: its methods, and how their messages are read and written. */
export function loadService(log: Logger): ServiceDefinition {
  const { [SERVICE]: service } = loadSync(PROTO, { keepCase: true, longs: String, defaults: true });
  if (!service || 'format' in service) throw new Error(`${PROTO} has no service ${SERVICE}`);
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => {
      const responseSerialize = writingBuffers(method.responseSerialize, log);
      return [name, { ...method, responseSerialize }];
    }),
  );
}

/**
 * protobufjs writes without Node's Buffer here (remote-write/encode.ts says why), and grpc-js takes nothing else.
 * Where an answer cannot be written, grpc-js says INTERNAL and keeps the reason to itself.
 */
function writingBuffers(
  write: MethodDefinition<object, object>['responseSerialize'],
  log: Logger,
): typeof write {
  return (message) => {
    try {
      const { buffer, byteOffset, byteLength } = write(message);
      return Buffer.from(buffer, byteOffset, byteLength);
    } catch (error) {
      log.error({ code: 'internal', err: error }, 'failed');
      throw error;
    }
  };
}
