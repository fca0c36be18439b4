import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkIntegrity } from '../../src/inference/integrity.ts';
import { parseModelCard } from '../../src/inference/model-card.ts';
import type { ModelFiles } from '../../src/inference/store.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

/** The vector of FIPS 180-2 for `abc`. */
const OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const OTHER = '0'.repeat(64);

const files = (more: Partial<ModelFiles> = {}): ModelFiles => ({
  graph: bytes('abc'),
  externalData: [],
  overrides: undefined,
  checksums: undefined,
  alsoListed: [],
  ...more,
});
const weights = { path: 'parts/w.bin', data: bytes('weights') };

const card = (hashes: Record<string, string>) =>
  parseModelCard({ name: 'm', task: 'regression', outputs: { value: 'y' }, sha256: hashes });

/** A version whose SHA256SUMS has these lines. */
const check = (checksums: string, more: Partial<ModelFiles> = {}) =>
  checkIntegrity(files({ checksums, ...more }), undefined, '1');

describe('the files of a version', () => {
  it('are what they are where no hashes are given, and the hash of the graph is found', async () => {
    expect(await checkIntegrity(files(), undefined, '1')).toBe(OF_ABC);
    expect(await checkIntegrity(files({ externalData: [weights] }), card({}), '1')).toBe(OF_ABC);
  });

  it('are held against the hash that the card gives of that version', async () => {
    const hashes = card({ '1': OF_ABC, '2': OTHER });
    expect(await checkIntegrity(files(), hashes, '1')).toBe(OF_ABC);
    expect(await checkIntegrity(files(), hashes, '3')).toBe(OF_ABC);
    await expect(checkIntegrity(files(), hashes, '2')).rejects.toMatchObject({
      fault: 'wrong_hash',
      message: `its SHA-256 is ${OF_ABC}, the card says ${OTHER}`,
    });
  });

  it('are held against SHA256SUMS also when the card is right', async () => {
    const wrong = files({ checksums: `${OTHER}  model.onnx\n` });
    await expect(checkIntegrity(wrong, card({ '1': OF_ABC }), '1')).rejects.toMatchObject({
      fault: 'wrong_hash',
      message: `its SHA-256 is ${OF_ABC}, SHA256SUMS says ${OTHER}`,
    });
  });

  it('may have external data that SHA256SUMS says nothing of', async () => {
    expect(await check(`${OF_ABC}  model.onnx\n`, { externalData: [weights] })).toBe(OF_ABC);
    expect(await check('', { externalData: [weights] })).toBe(OF_ABC);
  });

  it('differ from their hashes if any byte of one differs', async () => {
    const content = fc.uint8Array({ minLength: 1, maxLength: 300 });
    const change = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(content, content, change, async (graph, data, { at, by }) => {
        const checksums = `${sha256(graph)}  model.onnx\n${sha256(data)}  parts/w.bin\n`;
        const checked = (graph: Uint8Array, data: Uint8Array) =>
          check(checksums, {
            graph: new Uint8Array(graph),
            externalData: [{ path: 'parts/w.bin', data: new Uint8Array(data) }],
          });
        const changed = (from: Uint8Array) =>
          from.map((byte, i) => (i === at % from.length ? (byte + by) % 256 : byte));
        expect(await checked(graph, data)).toBe(sha256(graph));
        const wrong = { fault: 'wrong_hash' };
        await expect(checked(changed(graph), data)).rejects.toMatchObject(wrong);
        await expect(checked(graph, changed(data))).rejects.toMatchObject(wrong);
      }),
    );
  });
});

describe('SHA256SUMS', () => {
  type Write = (hash: string, path: string) => string;
  it.each<[string, Write]>([
    ['of text', (hash, path) => `${hash}  ${path}\n`],
    ['of binary files', (hash, path) => `${hash} *${path}\n`],
    ['of paths from where one stands', (hash, path) => `${hash}  ./${path}\n`],
    ['of binary files, with such paths', (hash, path) => `${hash} *./${path}\n`],
    ['with the line ends of Windows', (hash, path) => `${hash}  ${path}\r\n`],
    ['without an end of the last line', (hash, path) => `${hash}  ${path}`],
    ['with empty lines', (hash, path) => `\n${hash}  ${path}\n\n`],
    ['with other files', (hash, path) => `${OTHER}  a b.txt\n${hash}  ${path}\n${OTHER}  c\n`],
  ])('is read %s', async (_, write) => {
    const externalData = [weights];
    const ofWeights = sha256('weights');
    expect(await check(write(OF_ABC, 'model.onnx'))).toBe(OF_ABC);
    expect(await check(write(ofWeights, 'parts/w.bin'), { externalData })).toBe(OF_ABC);
    await expect(check(write(OTHER, 'model.onnx'))).rejects.toMatchObject({
      fault: 'wrong_hash',
      message: `its SHA-256 is ${OF_ABC}, SHA256SUMS says ${OTHER}`,
    });
    await expect(check(write(OTHER, 'parts/w.bin'), { externalData })).rejects.toMatchObject({
      fault: 'wrong_hash',
      message: 'parts/w.bin is not the file whose hash SHA256SUMS gives',
    });
  });

  it.each([
    ['a hash that is too short', `${OF_ABC.slice(1)}  model.onnx`],
    ['a hash that is too long', `${OF_ABC}0  model.onnx`],
    ['a hash of other letters', `${'g'.repeat(64)}  model.onnx`],
    ['one space', `${OF_ABC} model.onnx`],
    ['a tab', `${OF_ABC}\tmodel.onnx`],
    ['no file', `${OF_ABC}  `],
    ['a space ahead', ` ${OF_ABC}  model.onnx`],
    ['another form', `SHA256 (model.onnx) = ${OF_ABC}`],
    ['a page instead', '<!doctype html>'],
  ])('is refused with the line that has %s', async (_, line) => {
    await expect(check(`${OTHER}  README.md\n${line}\n`)).rejects.toMatchObject({
      fault: 'unreadable',
      message: 'SHA256SUMS, line 2: expected a hash, two spaces and a file',
    });
  });

  // Empty lines are left out before the others are counted.
  it('is refused with the number of the line, empty ones counted', async () => {
    await expect(check(`${OF_ABC}  model.onnx\n\nabc\n`)).rejects.toThrow('SHA256SUMS, line 3:');
  });
});
