import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { binaryRequest } from '../../helpers/open-inference.ts';
import type { NodeTarget } from '../../helpers/targets.ts';
import type { Played } from './isolates/worker.ts';
import { drawRows, type Features, readFeatures, seeded, shiftRows, toCsv } from './rows.ts';

/** Rows of the halves: one that the model's card is made of, and one that the model is asked for. */
export const ROWS = 3000;
/** Rows of a request. */
const AT_ONCE = 250;
/** What one version is asked for otherwise than in training. */
export const SHIFTED = 'mean radius';

/** What is played, by name: a shipped graph, and a feature that is missing now and then. */
const MODELS = {
  cells: { graph: 'breast-cancer', versions: ['1', '2'], absent: 'mean texture' },
  progress: { graph: 'diabetes', versions: ['1'], absent: '' },
} as const;
type Name = keyof typeof MODELS;
const NAMES = Object.keys(MODELS) as Name[];

/** Shares of a column's bins, as a card has them. */
const card = z.looseObject({
  labels: z.array(z.string()).optional(),
  outputs: z.object({ label: z.string().optional(), value: z.string().optional() }),
  reference: z.looseObject({
    features: z.record(z.string(), z.looseObject({ shares: z.array(z.number()) })),
  }),
});

/** A model whose card has been made of one half of some data, and the other half. */
export interface Prepared {
  readonly name: Name;
  readonly features: Features;
  readonly card: z.infer<typeof card>;
  readonly rest: readonly (readonly number[])[];
}

/** @returns a repository of models, and what to ask them */
export function prepareModels(): { repository: string; models: readonly Prepared[] } {
  const folder = mkdtempSync(join(tmpdir(), 'kilat-drift-'));
  const repository = join(folder, 'models');
  mkdirSync(repository);
  const models = NAMES.map((name, i) => {
    const { graph, absent } = MODELS[name];
    const features = readFeatures(`model/${graph}/model.json`);
    const missing = { feature: absent, share: 0.02 };
    const rows = drawRows(features, 2 * ROWS, seeded(20261124 + i), missing);
    const data = join(folder, `${name}.csv`);
    writeFileSync(data, toCsv(features, rows.slice(0, ROWS)));
    return { name, features, card: addModel(repository, name, data), rest: rows.slice(ROWS) };
  });
  return { repository, models };
}

/** A shipped graph under another name, whose card knows some data: made as anybody makes one. */
function addModel(repository: string, name: Name, data: string): Prepared['card'] {
  const { graph, versions } = MODELS[name];
  const folder = join(repository, name);
  mkdirSync(folder);
  const shipped = JSON.parse(readFileSync(`model/${graph}/model.json`, 'utf8'));
  const { reference: _, sha256: __, ...others } = shipped;
  const path = join(folder, 'model.json');
  writeFileSync(path, JSON.stringify({ ...others, name }, null, 2));
  for (const version of versions) {
    cpSync(`model/${graph}/1`, join(folder, version), { recursive: true });
  }
  const where = ['--repository', repository, '--model', name, '--data', data];
  execFileSync(process.execPath, ['src/cli/profile.ts', ...where], { stdio: 'pipe' });
  return card.parse(JSON.parse(readFileSync(path, 'utf8')));
}

/** How many series of features there are: each feature has a bin for what is missing, too. */
export function countBins(models: readonly Prepared[]): number {
  const counts = models.map(({ name, card: { reference } }) => {
    const own = Object.values(reference.features).map(({ shares }) => shares.length + 1);
    return own.reduce((sum, bins) => sum + bins, 0) * MODELS[name].versions.length;
  });
  return counts.reduce((sum, bins) => sum + bins, 0);
}

const tensors = z.array(
  z.object({
    name: z.string(),
    datatype: z.enum(['FP32', 'FP64', 'INT64']),
    shape: z.array(z.number()),
  }),
);
const metadata = z.object({ inputs: tensors, outputs: tensors });
const answer = z.object({
  outputs: z.tuple([z.object({ data: z.array(z.number()) })]),
});

/** Asks for rows over the Open Inference Protocol, whose binary tensors can be without a number. */
async function predict(
  server: NodeTarget,
  path: string,
  input: z.infer<typeof tensors>[number] | undefined,
  output: string,
  rows: readonly (readonly number[])[],
): Promise<number[]> {
  const values = rows.flat();
  const data = input?.datatype === 'FP64' ? Float64Array.from(values) : Float32Array.from(values);
  const shape = [rows.length, values.length / rows.length];
  const parameters = { binary_data_size: data.byteLength };
  const request = { inputs: [{ ...input, shape, parameters }], outputs: [{ name: output }] };
  const body = binaryRequest(request, [new Uint8Array(data.buffer)]);
  const response = await server.fetch(path, body);
  return answer.parse(await response.json()).outputs[0].data;
}

/** Asks the first version of each model for the other half, and a second one for the same with one feature shifted. */
export async function playRows(
  server: NodeTarget,
  models: readonly Prepared[],
): Promise<readonly Played[]> {
  const played: Played[] = [];
  for (const { name, features, card, rest } of models) {
    const { inputs, outputs } = metadata.parse(
      await (await server.fetch(`/v2/models/${name}`)).json(),
    );
    const output = outputs.find((each) =>
      [card.outputs.label, card.outputs.value].includes(each.name),
    );
    if (!output) throw new Error(`${name} has no output that its card names`);
    const versions: Record<string, Played['versions'][string]> = {};
    for (const version of MODELS[name].versions) {
      const rows = version === '1' ? rest : shiftRows(rest, features, SHIFTED, 0.2);
      const values: number[] = [];
      for (let start = 0; start < ROWS; start += AT_ONCE) {
        const path = `/v2/models/${name}/versions/${version}/infer`;
        const some = rows.slice(start, start + AT_ONCE);
        values.push(...(await predict(server, path, inputs[0], output.name, some)));
      }
      // A classifier's graph gives the places of labels.
      const predictions = values.map((value) => card.labels?.[value] ?? value);
      versions[version] = { rows, predictions };
    }
    played.push({ name, card, inputs, outputs: [output], versions });
  }
  return played;
}
