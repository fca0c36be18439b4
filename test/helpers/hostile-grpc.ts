import { readCard } from './golden.ts';
import { type LooseRequest, methodOf } from './grpc.ts';
import type { Dice } from './hostile-dice.ts';
import { changeBytes } from './hostile-mutations.ts';
import { lengthPrefixed, toBytes } from './hostile-request.ts';
import { words } from './hostile-values.ts';

/** The field `model_name` with the name of a model. */
const DIGITS = Buffer.from('\n\u0006digits');

/** A call with one message, whatever its bytes are. */
export interface HostileCall {
  readonly name: string;
  readonly method: string;
  readonly message: Buffer;
}

const [digit = []] = readCard('digits').examples;
const input = {
  name: 'features',
  datatype: 'FP32',
  shape: [1, 64],
  contents: { fp32_contents: digit },
};
const { contents: _, ...rawInput } = input;
const city = { name: 'city', datatype: 'BYTES', shape: [1, 1] };
const age = { name: 'age', datatype: 'FP32', shape: [1, 1] };
const pixels = new Uint8Array(Float32Array.from(digit).buffer);

const digits = (change: object): LooseRequest => ({
  model_name: 'digits',
  inputs: [input],
  ...change,
});
const ofInput = (change: object) => digits({ inputs: [{ ...input, ...change }] });
const rawOf = (shape: readonly unknown[], ...parts: readonly Uint8Array[]) =>
  digits({ inputs: [{ ...rawInput, shape }], raw_input_contents: parts });
const texts = (bytes: Uint8Array) => ({
  model_name: 'two-inputs',
  inputs: [age, city],
  raw_input_contents: [new Uint8Array(4), bytes],
});

const SHAPES: readonly (readonly unknown[])[] = [
  ...[[], [0], [64], [0, 64], [-1, 64], [1, -64], [1, 64, 1], [2, 64], [1, 63], [100_001, 64]],
  ...[
    ['4294967296', 64],
    ['9223372036854775807', 64],
    ['-9223372036854775808', 0],
    [0, '4294967296'],
  ],
  ...[Array<number>(65).fill(1), Array<number>(64).fill(2), Array<number>(50_000).fill(1)],
];
const NAMES: readonly string[] = [
  ...words(
    '../../etc/passwd __proto__ constructor toString DIGITS digits␣ digits/../diabetes %2e%2e',
  ),
  ...['', '\0', 'digits\0', '\u{1f98a}', 'x'.repeat(100_000), '\r\nx-injected: 1'],
];
const PARAMETERS: readonly object[] = [
  ...['-1', '0', '9223372036854775807'].map((int64_param) => ({ int64_param })),
  ...[Number.NaN, Infinity, -1, 1.5].map((double_param) => ({ double_param })),
  ...[{ uint64_param: '18446744073709551615' }, { string_param: '1' }, { bool_param: true }, {}],
];

/** Requests for predictions that can be written as such, and are wrong in what they say. */
export const HOSTILE_INFERS: readonly (readonly [name: string, request: LooseRequest])[] = [
  ...SHAPES.flatMap((shape) => [
    [`shape ${shape.slice(0, 5)} of ${shape.length}`, ofInput({ shape })] as const,
    [`shape ${shape.slice(0, 5)} of ${shape.length}, raw`, rawOf(shape, pixels)] as const,
    [
      `shape ${shape.slice(0, 5)} of ${shape.length}, of nothing`,
      rawOf(shape, new Uint8Array()),
    ] as const,
  ]),
  ...NAMES.flatMap((name) => [
    [`model ${JSON.stringify(name.slice(0, 20))}`, digits({ model_name: name })] as const,
    [`version ${JSON.stringify(name.slice(0, 20))}`, digits({ model_version: name })] as const,
    [`input ${JSON.stringify(name.slice(0, 20))}`, ofInput({ name })] as const,
    [`datatype ${JSON.stringify(name.slice(0, 20))}`, ofInput({ datatype: name })] as const,
    [`output ${JSON.stringify(name.slice(0, 20))}`, digits({ outputs: [{ name }] })] as const,
    [`id ${JSON.stringify(name.slice(0, 20))}`, digits({ id: name })] as const,
  ]),
  ...words('sequence_id timeout priority classification __proto__ binary_data_size').flatMap(
    (name) =>
      PARAMETERS.flatMap((value) => {
        const parameters = Object.fromEntries([[name, value]]);
        return [
          [`parameter ${name} of ${JSON.stringify(value)}`, digits({ parameters })] as const,
          [
            `parameter ${name} of ${JSON.stringify(value)} of an output`,
            digits({ outputs: [{ name: 'probabilities', parameters }] }),
          ] as const,
        ];
      }),
  ),
  ['no inputs', digits({ inputs: [] })],
  ['nothing', {}],
  ['a thousand inputs', digits({ inputs: Array(1000).fill(input) })],
  ['a thousand outputs', digits({ outputs: Array(1000).fill({ name: 'label' }) })],
  ['raw and typed contents', digits({ raw_input_contents: [pixels] })],
  ['too many raw contents', rawOf([1, 64], pixels, pixels)],
  ['a byte too few', rawOf([1, 64], pixels.subarray(1))],
  ['values in another field', ofInput({ contents: { int_contents: Array(64).fill(1) } })],
  ['values in every field', ofInput({ contents: { ...input.contents, bool_contents: [true] } })],
  ['no contents', ofInput({ contents: {} })],
  ['no numbers', ofInput({ contents: { fp32_contents: Array(64).fill(Number.NaN) } })],
  ['typed FP16', ofInput({ datatype: 'FP16' })],
  ...[1, -1, -4, 2 ** 31].map(
    (lie) => [`a text with a length off by ${lie}`, texts(lengthPrefixed(['Oslo'], lie))] as const,
  ),
  ['a text that is no UTF-8', texts(lengthPrefixed([Uint8Array.of(0xff)]))],
  ['a text with a NUL', texts(lengthPrefixed(['a\0']))],
  ['half a length', texts(Uint8Array.of(1, 0))],
  [
    'a typed text that is no UTF-8',
    {
      model_name: 'two-inputs',
      inputs: [
        { ...age, contents: { fp32_contents: [1] } },
        { ...city, contents: { bytes_contents: [Buffer.of(0xff)] } },
      ],
    },
  ],
];

/** Calls of every kind: the requests above, right ones whose bytes are changed by chance, and bytes alone. */
export function hostileCalls(changed: number, dice: Dice): HostileCall[] {
  const call = (name: string, method: string, request: object) => ({
    name,
    method,
    message: methodOf(method).requestSerialize(request),
  });
  const right = [
    call('typed', 'ModelInfer', digits({ id: 'a', outputs: [{ name: 'label' }] })),
    call('raw', 'ModelInfer', rawOf([1, 64], pixels)),
    call('texts', 'ModelInfer', texts(lengthPrefixed(['Oslo']))),
    call('metadata', 'ModelMetadata', { name: 'digits', version: '1' }),
    call('config', 'ModelConfig', { name: 'digits' }),
    call('ready', 'ModelReady', { name: 'digits' }),
    call('index', 'RepositoryIndex', { ready: true }),
    call('load', 'RepositoryModelLoad', { model_name: 'digits' }),
    call('unload', 'RepositoryModelUnload', { repository_or_model_name: 'digits' }),
  ];
  return [
    ...HOSTILE_INFERS.map(([name, request]) => call(name, 'ModelInfer', request)),
    ...NAMES.flatMap((name) =>
      words('ModelMetadata ModelConfig ModelReady RepositoryModelLoad').map((method) =>
        call(`${method} of ${JSON.stringify(name.slice(0, 20))}`, method, {
          name,
          model_name: name,
        }),
      ),
    ),
    ...Array.from({ length: changed }, (_, i) => {
      const { name, method, message } = dice.pick(right);
      return {
        name: `changed ${i}: ${name}`,
        method,
        message: Buffer.from(changeBytes(message, dice)),
      };
    }),
    ...Array.from({ length: 20 }, (_, i) => ({
      name: `bytes ${i}`,
      method: dice.pick(right).method,
      message: Buffer.from(dice.bytes(dice.below(200))),
    })),
  ];
}

/** A message of 8 MB that is nothing but inputs without a name or a type, two bytes each. */
export function callOfWrongThings(): HostileCall {
  const message = Buffer.alloc(8_000_000);
  for (let i = 0; i < message.length; i += 2) message[i] = 0x2a;
  return {
    name: 'inputs that are none',
    method: 'ModelInfer',
    message: message.fill(DIGITS, 0, 8),
  };
}

/** What is sent to the port of gRPC by those who do not speak it. */
export function notGrpc(dice: Dice): Uint8Array[] {
  const preface = toBytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const settings = Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0);
  const frame = (...bytes: number[]) => Uint8Array.of(...preface, ...settings, ...bytes);
  return [
    toBytes('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'),
    toBytes('\x16\x03\x01\x02\0'),
    new Uint8Array(10_000),
    preface,
    frame(255, 255, 255, 0, 0, 0, 0, 0, 1),
    frame(0, 0, 4, 1, 5, 0, 0, 0, 1, 255, 255, 255, 255),
    frame(0, 0, 0, 99, 0, 0, 0, 0, 0),
    frame(0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ...Array.from({ length: 10 }, () => frame(...dice.bytes(100))),
  ];
}
