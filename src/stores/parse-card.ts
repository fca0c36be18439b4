import { messageOf } from '../errors.ts';
import { ModelError } from '../inference/types.ts';

/** @throws ModelError unreadable */
export function parseCard(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    const message = `model.json is not JSON: ${messageOf(error)}`;
    throw new ModelError('unreadable', message, { cause: error });
  }
}
