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
