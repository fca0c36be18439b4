import { AppError } from '../errors.ts';
import type { Parameters } from './open-inference-schemas.ts';

/** The parameters that the Open Inference Protocol and its extensions give a meaning to. */

/** @throws AppError bad_request for a request that belongs to a sequence, which no model here knows */
export function refuseSequences({ sequence_id }: Parameters): void {
  if (sequence_id) {
    throw new AppError('bad_request', 'parameters.sequence_id: there are no stateful models');
  }
}

/**
 * The parameter `timeout`, which counts microseconds, in milliseconds; 0 is none.
 *
 * @throws AppError bad_request
 */
export function readTimeout({ timeout }: Parameters): number | undefined {
  if (timeout === undefined || timeout === 0) return undefined;
  if (isCount(timeout)) return timeout / 1000;
  throw new AppError('bad_request', 'parameters.timeout: expected a number of microseconds');
}

/**
 * How many classes the parameter `classification` asks for.
 *
 * @throws AppError bad_request
 */
export function readClassification({ classification: count }: Parameters): number | undefined {
  if (count === undefined || isCount(count)) return count;
  throw new AppError('bad_request', 'parameters.classification: expected a number of classes');
}

/**
 * Whether an output is wanted as bytes: as it says itself, or else the request.
 *
 * @throws AppError bad_request
 */
export function readBinary(output: Parameters, request: Parameters): boolean {
  return readSwitch('binary_data', output) ?? readSwitch('binary_data_output', request) ?? false;
}

function readSwitch(name: string, parameters: Parameters): boolean | undefined {
  const value = parameters[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw new AppError('bad_request', `parameters.${name}: expected true or false`);
}

function isCount(value: Parameters[string]): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
