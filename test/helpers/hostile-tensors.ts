import { readCard } from './golden.ts';
import {
  floats,
  type HostileRequest,
  lengthPrefixed,
  send,
  sendBinary,
} from './hostile-request.ts';

/** Tensors of the Open Inference Protocol that are not what they say. */

const [tumour = []] = readCard('breast-cancer').examples;
const PATH = '/v2/models/breast-cancer/infer';
const head = { name: 'features', datatype: 'FP32', shape: [1, 30] };

const json = (name: string, body: unknown, path = PATH) =>
  send(`V2: ${name}`, path, typeof body === 'string' ? body : JSON.stringify(body));
const input = (name: string, change: object) =>
  json(name, { inputs: [{ ...head, data: tumour, ...change }] });
const binary = (name: string, body: unknown, parts: readonly Uint8Array[], claimed?: string) =>
  sendBinary(`V2 in bytes: ${name}`, PATH, body, parts, claimed);

/** Shapes, as JSON has them. */
const SHAPES: readonly string[] = [
  ...[
    'null',
    '[]',
    '{}',
    '"1,30"',
    '[30]',
    '[30,1]',
    '[-1,30]',
    '[0,30]',
    '[1,0]',
    '[0]',
    '[0,0]',
    '[1.5,20]',
  ],
  ...[
    '[1,30,1]',
    '["1","30"]',
    '[1,null]',
    '[true,30]',
    '[1e0,3e1]',
    '[1e308,1e308]',
    '[1e999,30]',
  ],
  ...['[4294967296,30]', '[2147483648,30]', '[2147483647,2147483647]', '[9007199254740991,30]'],
  ...[
    '[9007199254740993,0]',
    '[0,4294967296]',
    '[65537,0]',
    '[100001,0]',
    '[100001,30]',
    '[99999,0,0]',
  ],
  ...[
    '[16777217]',
    '[4096,4097]',
    '[-0,30]',
    '[-9007199254740991,30]',
    '[[1],[30]]',
    '[{}]',
    '[1,30,[]]',
  ],
  ...[
    `[${Array(64).fill(1)}]`,
    `[${Array(65).fill(1)}]`,
    `[${Array(64).fill(2)}]`,
    `[${Array(64).fill(0)}]`,
  ],
  ...[
    `[${Array(100_000).fill(1)}]`,
    `[${'['.repeat(50)}1${']'.repeat(50)}]`,
    `[1${'0'.repeat(400)},30]`,
  ],
];

function shapes(): HostileRequest[] {
  const data = JSON.stringify(tumour);
  const of = (shape: string, datatype = 'FP32') =>
    `{"inputs":[{"name":"features","datatype":"${datatype}","shape":${shape},"data":${data}}]}`;
  const nothing = (shape: string) =>
    `{"inputs":[{"name":"features","datatype":"FP32","shape":${shape},"data":[]}]}`;
  const inBytes = (shape: string, size: number) =>
    `{"inputs":[{"name":"features","datatype":"FP32","shape":${shape},"parameters":{"binary_data_size":${size}}}]}`;
  return SHAPES.flatMap((shape, i) => [
    json(`shape ${i}, ${shape.slice(0, 30)}`, of(shape)),
    json(`shape ${i}, ${shape.slice(0, 30)} of text`, of(shape, 'BYTES')),
    json(`shape ${i}, ${shape.slice(0, 30)} of nothing`, nothing(shape)),
    binary(`shape ${i}, ${shape.slice(0, 30)}`, inBytes(shape, 120), [floats(tumour)]),
    binary(`shape ${i}, ${shape.slice(0, 30)} of nothing`, inBytes(shape, 0), []),
  ]);
}

/** What stands in the place of a size, a count or a switch. */
const ODD: readonly unknown[] = [
  ...[-1, 0, 1, 119, 121, 1.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e308, '120', '', true, null, [], {}],
];
/** One of each kind. */
const ODD_KINDS: readonly unknown[] = [1.5, '1', true, null, {}];

function parameters(): HostileRequest[] {
  const numbers = ['binary_data_size', 'classification', 'sequence_id', 'timeout'];
  const others = ['binary_data', 'binary_data_output', 'priority', '__proto__', 'constructor', ''];
  const own = (name: string, value: unknown) => ({ [name]: value });
  return [...numbers, ...others].flatMap((name) =>
    (numbers.includes(name) ? ODD : ODD_KINDS).flatMap((value) => {
      const what = `parameter ${name} of ${JSON.stringify(value)}`;
      const request = { ...head, data: tumour };
      const [binaryHead, part] = [{ ...head, parameters: own(name, value) }, floats(tumour)];
      return [
        json(what, { parameters: own(name, value), inputs: [request] }),
        json(`${what} of an output`, {
          inputs: [request],
          outputs: [{ name: 'probabilities', parameters: own(name, value) }],
        }),
        ...(name === 'binary_data_size' ? [binary(what, { inputs: [binaryHead] }, [part])] : []),
      ];
    }),
  );
}

function values(): HostileRequest[] {
  const nan = (value: number) => floats(tumour.map((v, i) => (i === 3 ? value : v)));
  const sized = { ...head, parameters: { binary_data_size: 120 } };
  const texts = (name: string, bytes: Uint8Array, shape = [1, 1]) => {
    const parameters = { binary_data_size: bytes.byteLength };
    const city = { name: 'features', datatype: 'BYTES', shape, parameters };
    return binary(`BYTES of ${name}`, { inputs: [city] }, [bytes]);
  };
  const bools = { name: 'features', datatype: 'BOOL', shape: [1, 2] };
  const half = { ...sized, parameters: { binary_data_size: 60 }, shape: [1, 30], datatype: 'FP16' };
  return [
    ...[Number.NaN, Infinity, -Infinity, 1e-45, -0].map((value) =>
      binary(`a value of ${value}`, { inputs: [sized] }, [nan(value)]),
    ),
    binary('more bytes than the inputs have', { inputs: [sized] }, [floats([...tumour, 1])]),
    binary('fewer bytes than the inputs have', { inputs: [sized] }, [floats(tumour.slice(1))]),
    binary('no bytes', { inputs: [sized] }, []),
    binary('data and bytes', { inputs: [{ ...sized, data: tumour }] }, [floats(tumour)]),
    binary('the same input twice', { inputs: [sized, sized] }, [floats(tumour), floats(tumour)]),
    binary('FP16 for FP32', { inputs: [half] }, [new Uint8Array(60).fill(0xff)]),
    binary('BOOL of 2', { inputs: [{ ...bools, parameters: { binary_data_size: 2 } }] }, [
      Uint8Array.of(2, 255),
    ]),
    ...['-1', '1', '999999', '9007199254740993', '1e2', '0x10', ' 10', '10 ', '1,2', '0'].map(
      (claimed) =>
        binary(`a header length of ${claimed}`, { inputs: [sized] }, [floats(tumour)], claimed),
    ),
    ...[1, 3, -1, -4, 2 ** 31 - 4, -5].map((lie) =>
      texts(`a length that is ${lie} too long`, lengthPrefixed(['Oslo'], lie)),
    ),
    texts('a length alone', Uint8Array.of(255, 255, 255, 255)),
    texts('half a length', Uint8Array.of(1, 0)),
    texts('no UTF-8', lengthPrefixed([Uint8Array.of(0xff, 0xfe)])),
    texts('an encoded surrogate', lengthPrefixed([Uint8Array.of(0xed, 0xa0, 0x80)])),
    texts('a NUL', lengthPrefixed(['a\0b'])),
    texts('a hundred thousand empty texts', new Uint8Array(400_000), [100_000, 1]),
    texts('texts that are fewer than the shape', lengthPrefixed(['a']), [2, 1]),
    ...[
      '',
      'fp32',
      'FP8',
      'STRING',
      '__proto__',
      'constructor',
      'BYTES',
      'toString',
      null,
      1,
      [],
    ].map((datatype) => input(`datatype ${JSON.stringify(datatype)}`, { datatype })),
    ...['', '__proto__', 'Features', 'features\0', 'x'.repeat(100_000), null, 1].map((name) =>
      input(`an input of name ${JSON.stringify(name)?.slice(0, 30)}`, { name }),
    ),
    ...[null, {}, 'x', 1, [null], [[]], [tumour, tumour], [tumour.slice(1)], [[tumour]], [{}]].map(
      (data) => input(`data ${JSON.stringify(data).slice(0, 30)}`, { data }),
    ),
    json('a thousand inputs', { inputs: Array(1000).fill({ ...head, data: tumour }) }),
    json('a thousand outputs', {
      inputs: [{ ...head, data: tumour }],
      outputs: Array(1000).fill({ name: 'label' }),
    }),
    ...[null, [], {}, [null], [1], 'x', [{}], [[]]].flatMap((odd) => [
      json(`inputs ${JSON.stringify(odd)}`, { inputs: odd }),
      json(`outputs ${JSON.stringify(odd)}`, { inputs: [{ ...head, data: tumour }], outputs: odd }),
      json(`parameters ${JSON.stringify(odd)}`, {
        inputs: [{ ...head, data: tumour }],
        parameters: odd,
      }),
    ]),
    ...['__proto__', 'constructor', '', 'label\0', 'label '].map((name) =>
      json(`an output of name ${JSON.stringify(name)}`, {
        inputs: [{ ...head, data: tumour }],
        outputs: [{ name }],
      }),
    ),
    ...[null, 1, '', 'x'.repeat(100_000), '\ud800', '</script>', {}].map((id) =>
      json(`an id ${JSON.stringify(id).slice(0, 30)}`, { id, inputs: [{ ...head, data: tumour }] }),
    ),
  ];
}

export function hostileTensors(): HostileRequest[] {
  return [...shapes(), ...parameters(), ...values()];
}
