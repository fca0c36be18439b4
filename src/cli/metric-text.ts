import { readExposition } from '../metrics/exposition.ts';

/**
 * Finds a value in what /metrics answers with.
 *
 * @param labels what the series has to have; it may have others
 * @returns undefined when there is no such series
 */
export function findValue(
  text: string,
  metric: string,
  labels: Readonly<Record<string, string>>,
): number | undefined {
  for (const { name, labels: own, value } of readExposition(text)) {
    if (name !== metric) continue;
    if (Object.entries(labels).every(([label, wanted]) => own[label] === wanted)) return value;
  }
  return undefined;
}
