/** The parts of `@prometheus-io/client` that load outside Node, as `metrics/client.ts` uses them. */
declare module '@prometheus-io/client/lib/registry.js' {
  interface Metric {
    get(): {
      name: string;
      help: string;
      type: string;
      values: readonly {
        metricName?: string;
        labels: Readonly<Record<string, string | number>>;
        value: number;
        exemplar?:
          | { labelSet: Readonly<Record<string, string>>; value: number; timestamp: number }
          | undefined;
      }[];
    };
  }

  export default class Registry {
    static readonly PROMETHEUS_CONTENT_TYPE: string;
    static readonly OPENMETRICS_CONTENT_TYPE: string;
    constructor(contentType: string);
    getMetricsAsString(metric: Metric): Promise<string>;
  }
}

/** `prometheus-remote-write` types its `serialize` by another function's argument; this is what it takes. */
declare module 'prometheus-remote-write' {
  export function serialize(message: {
    timeseries: readonly {
      labels: readonly { name: string; value: string }[];
      samples: readonly { value: number; timestamp: number }[];
    }[];
  }): Promise<Uint8Array>;
  export function deserialize(message: Uint8Array): Promise<{
    timeseries: {
      labels: { name: string; value: string }[];
      samples: { value: number; timestamp: number | { toNumber(): number } }[];
    }[];
  }>;
}

declare module 'snappyjs' {
  /** Compresses into snappy's block format. */
  export function compress(bytes: Uint8Array): Uint8Array;
  export function uncompress(bytes: Uint8Array): Uint8Array;
}

/** pino as a bundle for Workers holds it. */
declare module 'pino/browser.js' {
  import pino from 'pino';
  export default pino;
}

/** An optional package with the interface of `onnxruntime-common`, which has the types. */
declare module 'onnxruntime-node' {
  export { InferenceSession, Tensor } from 'onnxruntime-common';
}

declare module 'spdx-satisfies' {
  /**
   * Whether the licences that an SPDX expression leaves the choice of are among those approved.
   *
   * @param approved names of licences, no expressions
   * @throws Error if the expression is none, or names what SPDX does not
   */
  export default function satisfies(expression: string, approved: readonly string[]): boolean;
}
