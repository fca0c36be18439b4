/** Series of the processes, hubs or isolates that a dashboard's variables choose. */
export const PROCESSES = 'job=~"$job",instance=~"$instance"';

/** Series of the models among them. `model` is `unknown` where a request ended before its model was known. */
export const MODELS = `${PROCESSES},model=~"$model",version=~"$version"`;

/** What rules record of models is of all processes. */
export const RECORDED = 'model=~"$model",version=~"$version"';

/** A counter's increase per second. Grafana sees to it that the window has at least four scrapes in it. */
export function rate(metric: string, matchers: string): string {
  return `rate(${metric}{${matchers}}[$__rate_interval])`;
}

/** A quantile of a histogram of models, by the given labels. */
export function quantile(share: number, metric: string, by: readonly string[] = []): string {
  const labels = [...by, 'le'].join(', ');
  return `histogram_quantile(${share}, sum by (${labels}) (${rate(`${metric}_bucket`, MODELS)}))`;
}

/** The mean of a histogram of models, by the given labels. */
export function mean(metric: string, by: readonly string[] = []): string {
  const labels = by.length > 0 ? ` by (${by.join(', ')}) ` : '';
  const sum = (part: string) => `sum${labels}(${rate(`${metric}_${part}`, MODELS)})`;
  return `${sum('sum')} / ${sum('count')}`;
}
