import { findDefault, type ServedModel } from './served-model.ts';
import { invocationsWire, type Protocol, predictWire, v1Wire, type Wire } from './wire.ts';
import { openInferenceWire } from './wire-v2.ts';

/**
 * Readies a protocol for a model.
 *
 * @param url the server's, with a slash at its end
 * @throws Error in one line, where the protocol cannot ask the model; and as `request` does
 */
export async function openWire(
  protocol: Protocol,
  url: string,
  model: ServedModel,
  signal: AbortSignal,
): Promise<Wire> {
  switch (protocol) {
    case 'predict':
      return predictWire(url, model);
    case 'v2':
    case 'v2-binary':
      return openInferenceWire(url, model, protocol === 'v2-binary', signal);
    case 'v1':
      return v1Wire(url, model);
    case 'invocations':
      await requireDefault(url, model, signal);
      return invocationsWire(url, model);
  }
}

async function requireDefault(
  url: string,
  { name }: ServedModel,
  signal: AbortSignal,
): Promise<void> {
  const only = await findDefault(url, signal);
  if (name === only) return;
  const instead = only === null ? 'it has none' : `'${only}'`;
  throw new Error(
    `--protocol invocations asks the server's default model alone, ${instead}: start the server with DEFAULT_MODEL=${name}, or take another protocol`,
  );
}
