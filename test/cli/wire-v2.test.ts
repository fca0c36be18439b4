import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Wire } from '../../src/cli/wire.ts';
import { openInferenceWire } from '../../src/cli/wire-v2.ts';
import { type StandIn, startStandIn } from '../helpers/stand-in.ts';

const utf8 = new TextEncoder();
const output = (shape: number[], rest: object) => ({
  model_name: 'stand-in',
  model_version: '1',
  outputs: [{ name: 'y', datatype: 'FP32', shape, ...rest }],
});

describe('the Open Inference Protocol of the client', () => {
  let server: StandIn;
  let json: Wire;
  let binary: Wire;
  beforeAll(async () => {
    server = await startStandIn();
    // What the model's own description says of its types is not looked at.
    const model = { name: 'stand-in', version: '1', inputs: [], features: undefined, examples: [] };
    const open = (isBinary: boolean) =>
      openInferenceWire(`${server.url}/`, model, isBinary, new AbortController().signal);
    [json, binary] = [await open(false), await open(true)];
  });
  afterAll(() => server.stop());

  it('sends tensors of the types that the server names', () => {
    expect(JSON.parse(String(json.encode([[1], [2.5]]).body))).toEqual({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 1], data: [1, 2.5] }],
    });
    const { body, headers } = binary.encode([[1], [2.5]]);
    const length = Number(headers['Inference-Header-Content-Length']);
    expect(body.slice(length)).toEqual(new Uint8Array(Float32Array.of(1, 2.5).buffer));
  });

  it('holds tensors in JSON to one entry for each row', () => {
    const decode = (body: object, rows: number) =>
      json.decode(utf8.encode(JSON.stringify(body)), new Headers(), rows);
    const answer = output([2, 1], { data: [1, 2] });
    expect(decode(answer, 2)).toMatchObject({ rows: 2 });
    expect(() => decode(answer, 3)).toThrow(
      'bad_answer: expected an output of 3 rows, got y [2, 1]',
    );
    expect(() => decode({ predictions: [1, 2] }, 2)).toThrow(/^bad_answer: 'model_name': .*$/);
  });

  it('says what was predicted by the names of the outputs, and no more than a line has room for', () => {
    const said = (shape: number[], data: unknown[]) =>
      json
        .decode(utf8.encode(JSON.stringify(output(shape, { data }))), new Headers(), 1)
        .prediction?.();
    expect(said([1], [0.123456789])).toBe('y 0.123457');
    expect(said([1, 2], ['a', 'b'])).toBe('y [a, b]');
    expect(said([1, 1000], Array(1000).fill(7))).toBe('y [7, 7, 7, 7, 7, 7, 7, 7, …]');
  });

  it('holds tensors in bytes to what is said of them', () => {
    const decode = (
      shape: number[],
      size: number | undefined,
      bytes: number,
      declared?: number,
    ) => {
      const head = utf8.encode(
        JSON.stringify(
          output(shape, size === undefined ? {} : { parameters: { binary_data_size: size } }),
        ),
      );
      const headers = new Headers();
      if (declared !== 0) {
        headers.set('Inference-Header-Content-Length', String(declared ?? head.byteLength));
      }
      return binary.decode(Uint8Array.of(...head, ...new Uint8Array(bytes)), headers, 2);
    };
    expect(decode([2, 1], 8, 8)).toMatchObject({ rows: 2 });
    expect(() => decode([3, 1], 12, 12)).toThrow('got y [3, 1]');
    expect(() => decode([2, 1], 4, 4)).toThrow(/^bad_answer: .*takes 8 bytes, got 4$/);
    expect(() => decode([2, 1], 8, 4)).toThrow(/^bad_answer: /);
    expect(() => decode([2, 1], 8, 12)).toThrow(/^bad_answer: /);
    expect(() => decode([2, 1], undefined, 8)).toThrow("bad_answer: output 'y' has no data");
    expect(() => decode([2, 1], 8, 8, 9999)).toThrow(/^bad_answer: expected Inference/);
    expect(() => decode([2, 1], 8, 8, 0)).toThrow(/^bad_answer: expected Inference/);
  });
});
