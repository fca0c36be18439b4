/**
 * The messages of inference.proto: requests as they arrive, with what they leave out as its default, and answers
 * as they are sent.
 */

/** One of these, or none. 64-bit integers arrive as their digits: a number would lose some. */
export interface InferParameter {
  readonly bool_param?: boolean;
  readonly int64_param?: string;
  readonly string_param?: string;
  readonly double_param?: number;
  readonly uint64_param?: string;
}

export type ParameterMap = Readonly<Record<string, InferParameter>>;

/** Which model, in requests that ask no more than that; an empty version is any. */
export interface ModelNamed {
  readonly name: string;
  readonly version: string;
}

/** Which model is to be loaded or unloaded, in the field of Triton's clients or of KServe's. */
export interface RepositoryModelRequest {
  readonly repository_or_model_name: string;
  readonly model_name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface InferTensorContents {
  readonly bool_contents: readonly boolean[];
  readonly int_contents: readonly number[];
  readonly int64_contents: readonly string[];
  readonly uint_contents: readonly number[];
  readonly uint64_contents: readonly string[];
  readonly fp32_contents: readonly number[];
  readonly fp64_contents: readonly number[];
  readonly bytes_contents: readonly Uint8Array[];
}

export interface InferInputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly string[];
  readonly parameters: ParameterMap;
  readonly contents: InferTensorContents | null;
}

export interface ModelInferRequest {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: ParameterMap;
  readonly inputs: readonly InferInputTensor[];
  readonly outputs: readonly { readonly name: string; readonly parameters: ParameterMap }[];
  readonly raw_input_contents: readonly Uint8Array[];
}

export interface InferOutputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly contents?: Readonly<Record<string, readonly unknown[]>>;
}

export interface ModelInferResponse {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly outputs: readonly InferOutputTensor[];
  readonly raw_output_contents?: readonly Uint8Array[];
}

export interface ModelStreamInferResponse {
  readonly error_message?: string;
  readonly infer_response: ModelInferResponse | { readonly id: string };
}
