import type { Parameters } from '../open-inference-schemas.ts';
import type { InferParameter, ParameterMap } from './messages.ts';

/** Parameters as the protocol has them in JSON; one without a value is none. */
export function readParameters(map: ParameterMap): Parameters {
  const parameters: Parameters = {};
  for (const [name, parameter] of Object.entries(map)) {
    const value = readParameter(parameter);
    if (value !== undefined) parameters[name] = value;
  }
  return parameters;
}

function readParameter(parameter: InferParameter): Parameters[string] | undefined {
  const { bool_param, string_param, double_param, int64_param, uint64_param } = parameter;
  const integer = int64_param ?? uint64_param;
  return (
    bool_param ?? string_param ?? double_param ?? (integer === undefined ? undefined : +integer)
  );
}
