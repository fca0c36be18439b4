import { post, readCard } from '../test/helpers/golden.ts';
import { binaryRequest } from '../test/helpers/open-inference.ts';
import { startNode } from '../test/helpers/targets.ts';
import { BENCH_MODELS, install } from './sides.ts';
import { median, spread } from './statistics.ts';

/**
 * `node bench/binary.ts`: the same tensors as bytes and as JSON, in pairs, over the Open Inference Protocol. The CNN is
 * asked for with a shape that it refuses once it is decoded: 200 ms of inference would hide what is measured.
 */

const PAIRS = 40;

install();
const { examples } = readCard('breast-cancer');
const table = Array.from({ length: 1000 }, (_, i) => examples[i % examples.length] ?? []).flat();
const image = Array.from({ length: 3 * 224 * 224 }, (_, i) => ((i * 7) % 256) / 255);
const CASES = [
  {
    model: 'breast-cancer',
    name: 'features',
    shape: [1000, 30],
    values: table,
    repository: 'model',
    status: 200,
  },
  {
    model: 'cnn',
    name: 'image',
    shape: [1, 3, 50_176, 1],
    values: image,
    repository: BENCH_MODELS,
    status: 400,
  },
] as const;

for (const { model, name, shape, values, repository, status } of CASES) {
  const server = await startNode({ MODEL_REPOSITORY: repository });
  const url = new URL(`/v2/models/${model}/infer`, server.url);
  const head = { name, datatype: 'FP32', shape };
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  const sized = { ...head, parameters: { binary_data_size: bytes.byteLength } };
  const json = JSON.stringify({ inputs: [{ ...head, data: values }] });
  const parameters = { binary_data_output: true };
  const time = async (request: RequestInit) => {
    const start = performance.now();
    const response = await fetch(url, request);
    await response.arrayBuffer();
    if (response.status !== status) throw new Error(`${model} answered ${response.status}`);
    return performance.now() - start;
  };
  const [asJson, asBytes]: [number[], number[]] = [[], []];
  for (let pair = 0; pair < PAIRS; pair++) {
    asJson.push(await time(post(json)));
    asBytes.push(await time(binaryRequest({ inputs: [sized], parameters }, [bytes])));
  }
  await server.stop();
  const ratios = asJson.slice(5).map((each, i) => each / (asBytes[i + 5] ?? Number.NaN));
  console.log(
    `${shape.join('x')}: JSON ${spread(asJson.slice(5), 1)} ms in ${json.length} bytes, ` +
      `bytes ${spread(asBytes.slice(5), 1)} ms in ${bytes.byteLength}: ${median(ratios).toFixed(1)} times as fast`,
  );
}
