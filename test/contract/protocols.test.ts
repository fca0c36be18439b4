import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GOLDEN_MODELS, post, readCard, readGolden } from '../helpers/golden.ts';
import { binaryRequest, readAnswer } from '../helpers/open-inference.ts';
import { TARGET_NAMES, TARGETS, type Target } from '../helpers/targets.ts';

type Row = Readonly<Record<string, unknown>>;

/** A model's numbers for each row: probabilities in the order of the labels, or the value. */
type Numbers = readonly number[][];

describe.each(TARGET_NAMES)('the same rows in every protocol: %s', (targetName) => {
  let target: Target;
  beforeAll(async () => {
    target = await TARGETS[targetName]();
  });
  afterAll(() => target.stop());

  const ask = async (path: string, init: RequestInit) => {
    const response = await target.fetch(path, init);
    expect(response.status).toBe(200);
    return response;
  };
  const askJson = async (path: string, body: unknown) =>
    (await (await ask(path, post(body))).json()) as Record<string, unknown>;

  describe.each(GOLDEN_MODELS)('%s', (model) => {
    const golden = readGolden(model);
    const rows = golden.rows.slice(0, 40);
    const { labels = [], features } = readCard(model);
    const [input, output, datatype] =
      model === 'diabetes'
        ? (['features', 'variable', 'FP64'] as const)
        : (['features', 'probabilities', 'FP32'] as const);

    const expectGolden = (numbers: Numbers) => {
      expect(numbers).toHaveLength(rows.length);
      numbers.forEach((row, i) => {
        const expected = golden.probabilities?.[i] ?? [golden.value?.[i] ?? Number.NaN];
        expect(row).toHaveLength(expected.length);
        const worst = Math.max(...row.map((number, k) => Math.abs(number - (expected[k] ?? NaN))));
        expect(worst).toBeLessThan(1e-5);
      });
    };
    const flat = (values: readonly number[]): Numbers => {
      const width = values.length / rows.length;
      return rows.map((_, i) => Array.from(values.slice(i * width, (i + 1) * width)));
    };
    const fromCard = (predictions: unknown): Numbers =>
      (predictions as Row[]).map((row) =>
        'value' in row
          ? [Number(row.value)]
          : labels.map((label) => (row.probabilities as Record<string, number>)[label] ?? NaN),
      );
    const fromOutputs = (predictions: unknown): Numbers =>
      (predictions as unknown[]).map((row) => {
        const value = Array.isArray(row) || typeof row === 'number' ? row : (row as Row)[output];
        return [value].flat() as number[];
      });

    it('as JSON tensors and as bytes', async () => {
      const head = { name: input, datatype, shape: [rows.length, features.length] };
      const outputs = [{ name: output }];
      const path = `/v2/models/${model}/infer`;
      const json = await readAnswer(
        await ask(path, post({ inputs: [{ ...head, data: rows }], outputs })),
      );
      const numbers = json.outputs[0]?.data as number[];
      expectGolden(flat(numbers));

      const Data = datatype === 'FP64' ? Float64Array : Float32Array;
      const bytes = new Uint8Array(Data.from(rows.flat()).buffer);
      const sized = { ...head, parameters: { binary_data_size: bytes.byteLength } };
      const parameters = { binary_data_output: true };
      const answer = await readAnswer(
        await ask(
          `/v2/models/${model}/versions/1/infer`,
          binaryRequest({ inputs: [sized], outputs, parameters }, [bytes]),
        ),
      );
      const back = answer.outputs[0]?.bytes?.slice() ?? new Uint8Array();
      expect(Array.from(new Data(back.buffer))).toEqual(numbers);
    });

    it('as KServe V1 has them, by row and by column', async () => {
      const named = rows.map((row) =>
        Object.fromEntries(features.map(({ name }, i) => [name, row[i]])),
      );
      const forms = [rows, named, rows.map((row) => ({ [input]: row }))];
      for (const instances of forms) {
        const { predictions } = await askJson(`/v1/models/${model}:predict`, { instances });
        expectGolden(fromOutputs(predictions));
      }
      for (const inputs of [rows, { [input]: rows }]) {
        const path = `/v1/models/${model}/versions/1:predict`;
        const { outputs } = await askJson(path, { inputs });
        const column = Array.isArray(outputs) ? outputs : (outputs as Row)[output];
        expectGolden((column as unknown[]).map((each) => [each].flat() as number[]));
      }
    });

    // MLflow asks the default model alone.
    if (model !== 'breast-cancer') return;
    it('as MLflow has them, in every form', async () => {
      const columns = features.map(({ name }) => name);
      const backwards = columns.toReversed();
      const records = rows.map((row) =>
        Object.fromEntries(columns.map((name, i) => [name, row[i]])),
      );
      const inputs = Object.fromEntries(
        columns.map((name, i) => [name, rows.map((row) => row[i])]),
      );
      const forms = [
        { dataframe_split: { columns, data: rows } },
        {
          dataframe_split: {
            columns: backwards,
            index: rows.map((_, i) => i),
            data: rows.map((row) => row.toReversed()),
          },
        },
        { dataframe_records: records },
        { instances: rows, params: {} },
        { inputs: rows },
        { inputs },
      ];
      for (const form of forms) {
        const { predictions } = await askJson('/invocations', form);
        expectGolden(fromCard(predictions));
      }
      const csv = [backwards, ...rows.map((row) => row.toReversed())]
        .map((line) => line.map((cell) => `"${cell}"`).join(','))
        .join('\r\n');
      const headers = { 'Content-Type': 'text/csv; charset=utf-8' };
      const answer = await ask('/invocations', { method: 'POST', headers, body: csv });
      const { predictions } = (await answer.json()) as { predictions: unknown };
      expectGolden(fromCard(predictions));
    });
  });

  it('answers a request without rows, and goes on', async () => {
    const empty = { name: 'features', datatype: 'FP32', shape: [0, 64], data: [] };
    const path = '/v2/models/digits/infer';
    const { outputs } = await readAnswer(await ask(path, post({ inputs: [empty] })));
    expect(outputs.map(({ shape }) => shape)).toEqual([[0], [0, 10]]);
    const { examples } = readCard('digits');
    const one = { ...empty, shape: [1, 64], data: examples[0] };
    expect((await readAnswer(await ask(path, post({ inputs: [one] })))).outputs[0]?.shape).toEqual([
      1,
    ]);
  });

  it('says that it is ready in every protocol', async () => {
    const ready = async (path: string) => (await ask(path, {})).text();
    expect(JSON.parse(await ready('/v2/health/ready'))).toEqual({ ready: true });
    expect(JSON.parse(await ready('/v1/models'))).toEqual({
      models: ['breast-cancer', 'diabetes', 'digits'],
    });
    const digits = { name: 'digits', ready: true };
    for (const path of ['/v1/models/digits', '/v1/models/digits/versions/1']) {
      expect(JSON.parse(await ready(path))).toMatchObject(digits);
    }
    expect(await ready('/ping')).toBe('\n');
    expect(await ready('/health')).toBe('\n');
    expect(await ready('/version')).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('counts requests by protocol', async () => {
    await askJson('/v1/models/digits:predict', { instances: readCard('digits').examples });
    await untilCounted(target, 'v1');
  });
});

/** The counts of an isolate reach its hub a little later. */
async function untilCounted(target: Target, protocol: string): Promise<void> {
  await expect
    .poll(async () => (await target.fetch('/metrics')).text())
    .toMatch(
      new RegExp(
        `^prediction_requests_total\\{model="digits",version="1",protocol="${protocol}",outcome="ok"\\} [1-9]`,
        'm',
      ),
    );
}
