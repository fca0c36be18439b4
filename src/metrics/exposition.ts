/** One number of /metrics, with the labels that tell it from others of its name. */
export interface ExposedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^(?<name>[A-Za-z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)(?: -?\d+)?$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n' };
const WORDS: Readonly<Record<string, number>> = { '+Inf': Infinity, '-Inf': -Infinity };

/**
 * Reads what /metrics answers with, Prometheus' text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). Lines that are none of it are passed over.
 */
export function* readExposition(text: string): Generator<ExposedSample> {
  for (const line of text.split('\n')) {
    const { name, labels = '', value = '' } = SAMPLE.exec(line)?.groups ?? {};
    if (name === undefined) continue;
    yield { name, labels: readLabels(labels), value: WORDS[value] ?? Number(value) };
  }
}

function readLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(LABEL)].map(([, label = '', value = '']) => [
      label,
      value.replaceAll(/\\(.)/g, (_, escaped: string) => ESCAPED[escaped] ?? escaped),
    ]),
  );
}
