import Table from 'cli-table3';
import { formatShape } from '../inference/tensor.ts';
import type { TensorSpec } from '../inference/types.ts';
import { count, formatBytes } from '../quantities.ts';
import type { LoadedVersion } from './load-all.ts';

/** Columns that a verdict may take. */
const WIDEST_VERDICT = 44;

/** What `npm run models:check` shows a person: a table, and below it what it comes to. */
/** @param passedOver graphs that lie where no model is looked for */
export function formatTable(
  versions: readonly LoadedVersion[],
  passedOver: readonly string[],
): string {
  const table = new Table({
    head: ['model', 'version', 'inputs', 'outputs', 'size', 'load ms', 'run ms', 'verdict'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'left', 'left', 'right', 'right', 'right', 'left'],
  });
  for (const { model, version, loaded, bytes, outcome, reason = '' } of versions) {
    table.push([
      model,
      version,
      (loaded?.inputs ?? []).map(formatSpec).join('\n'),
      (loaded?.outputs ?? []).map(formatSpec).join('\n'),
      bytes === undefined ? '' : formatBytes(bytes),
      formatMs(loaded?.loadSeconds, 1),
      formatMs(loaded?.runSeconds, 3),
      wrap(outcome === 'left out' ? `not served: ${reason}` : outcome === 'ok' ? 'ok' : reason),
    ]);
  }
  const lines = [table.toString(), summarise(versions)];
  if (passedOver.length > 0) {
    lines.push('passed over, since they lie where no model is looked for (docs/models.md):');
    lines.push(...passedOver.map((path) => `  ${path}`));
  }
  return lines.join('\n');
}

/** The same for a machine: bytes, seconds, and null for what is not known. */
export function formatJson(
  versions: readonly LoadedVersion[],
  passedOver: readonly string[],
): string {
  return JSON.stringify({
    summary: summarise(versions),
    passed_over: passedOver,
    versions: versions.map(({ model, version, outcome, fault, reason, bytes, loaded }) => ({
      model,
      version,
      verdict: outcome.replace(' ', '_'),
      fault: fault ?? null,
      reason: reason ?? null,
      inputs: loaded?.inputs ?? [],
      outputs: loaded?.outputs ?? [],
      bytes: bytes ?? null,
      load_seconds: loaded?.loadSeconds ?? null,
      run_seconds: loaded?.runSeconds ?? null,
    })),
  });
}

/** What has been found in one line. */
export function summarise(versions: readonly LoadedVersion[]): string {
  const asked = versions.filter(({ outcome }) => outcome !== 'left out');
  const failed = asked.filter(({ outcome }) => outcome === 'failed');
  const all = count(asked.length, 'version');
  if (failed.length > 0) return `${failed.length} of ${all} cannot be served`;
  const models = new Set(asked.map(({ model }) => model));
  return `${all} of ${count(models.size, 'model')}: all can be served`;
}

function formatSpec({ name, datatype, shape }: TensorSpec): string {
  return `${name} ${datatype} ${formatShape(shape)}`;
}

function formatMs(seconds: number | undefined, digits: number): string {
  return seconds === undefined ? '' : (seconds * 1000).toFixed(digits);
}

/** Breaks text into lines, between words where they are not longer than a line: a hash is. */
function wrap(text: string): string {
  const words = text.split(/\s+/).flatMap((word) => {
    return word.match(new RegExp(`.{1,${WIDEST_VERDICT}}`, 'gu')) ?? [];
  });
  const lines: string[] = [];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= WIDEST_VERDICT) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join('\n');
}
