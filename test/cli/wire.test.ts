import { describe, expect, it } from 'vitest';
import { writeBinaryRequest } from '../../src/cli/binary-request.ts';
import { explainRefusal } from '../../src/cli/refusal.ts';
import { invocationsWire, predictWire, sendRows, v1Wire } from '../../src/cli/wire.ts';

const URL_OF_SERVER = 'http://localhost:8000/kilat/';
const model = {
  name: 'a b',
  version: '1',
  inputs: [{ name: 'x', datatype: 'FP32' as const, shape: [-1, 2] }],
  features: ['a', 'b'],
  examples: [],
};
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe('a protocol of the client', () => {
  it('is asked below the path of the server', () => {
    const urls = [predictWire, v1Wire, invocationsWire].map(
      (wire) => wire(URL_OF_SERVER, model).url,
    );
    expect(urls.map(({ pathname }) => pathname)).toEqual([
      '/kilat/models/a%20b/predict',
      '/kilat/v1/models/a%20b:predict',
      '/kilat/invocations',
    ]);
  });

  it('has no answer in what is of another form', () => {
    const { decode } = predictWire(URL_OF_SERVER, model);
    const headers = new Headers();
    const answer = bytes({ predictions: [1, 2], time_ms: 0.5 });
    expect(decode(answer, headers, 2)).toMatchObject({ rows: 2, inferenceMs: 0.5 });
    for (const other of [{ predictions: [1, 2] }, [], 'hello']) {
      expect(() => decode(bytes(other), headers, 2)).toThrow(/^bad_answer: .*$/);
    }
    expect(() => decode(new TextEncoder().encode('<html>'), headers, 2)).toThrow(/^bad_answer: /);
  });

  it('says what to do about more rows than a request can be made of', async () => {
    // A few of them are more text than there can be.
    const rows = Array(3).fill('a'.repeat(2 ** 28));
    const wire = predictWire(URL_OF_SERVER, model);
    const error = await sendRows(wire, rows, AbortSignal.abort()).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'request_too_large' });
    expect(explainRefusal(error)).toBe(
      'a request of 3 rows is too large to be put together: send fewer rows with --rows',
    );
  });

  it('says what was predicted, in a few words', () => {
    const { decode } = v1Wire(URL_OF_SERVER, model);
    const said = (prediction: unknown) =>
      decode(bytes({ predictions: [prediction] }), new Headers(), 1).prediction?.();
    expect(said({ label: 'benign', probabilities: { malignant: 0.005, benign: 0.995 } })).toBe(
      'benign 99.5 %',
    );
    expect(said({ label: 7 })).toBe('7');
    expect(said({ value: 208.55368758389687 })).toBe('208.554');
    expect(said({ y: [0.123456789, 1] })).toBe('{"y":[0.123457,1]}');
    // What other servers answer with.
    expect(said(0.123456789)).toBe('0.123457');
    expect(said('setosa')).toBe('setosa');
    expect(said([0.25, 0.75])).toBe('[0.25,0.75]');
    expect(said(null)).toBe('null');
  });

  it('has a table for MLflow, records where rows are such, and instances where nobody names the columns', () => {
    const rows = [
      [1, 2],
      [3, 4],
    ];
    const records = [{ a: 1, b: 2 }];
    const body = (features: string[] | undefined, of: readonly unknown[]) =>
      JSON.parse(String(invocationsWire(URL_OF_SERVER, { ...model, features }).encode(of).body));
    expect(body(['a', 'b'], rows)).toEqual({
      dataframe_split: { columns: ['a', 'b'], data: rows },
    });
    expect(body(['a', 'b'], records)).toEqual({ dataframe_records: records });
    expect(body(undefined, rows)).toEqual({ instances: rows });
    expect(body(['a', 'b'], [...rows, ...records])).toEqual({ instances: [...rows, ...records] });
  });

  it('has the bytes of several tensors behind what says where they are', () => {
    const { headers, body } = writeBinaryRequest([
      { name: 'x', datatype: 'UINT8', shape: [2, 1], data: Uint8Array.of(7, 8) },
      { name: 't', datatype: 'BYTES', shape: [1], data: ['é'] },
    ]);
    const length = Number(headers['Inference-Header-Content-Length']);
    expect(JSON.parse(new TextDecoder().decode(body.subarray(0, length))).inputs).toEqual([
      { name: 'x', datatype: 'UINT8', shape: [2, 1], parameters: { binary_data_size: 2 } },
      { name: 't', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 6 } },
    ]);
    expect([...body.subarray(length)]).toEqual([7, 8, 2, 0, 0, 0, 0xc3, 0xa9]);
  });
});
