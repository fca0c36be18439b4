import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseModelCard } from '../../src/inference/model-card.ts';
import { ModelError } from '../../src/inference/types.ts';
import { servedVersions } from '../../src/inference/version-policy.ts';

const THERE = ['9', '10', '2', '9007199254740993', '9007199254740992'];
const HIGHEST_FIRST = ['9007199254740993', '9007199254740992', '10', '9', '2'];

const card = (serve: unknown) => ({
  name: 'm',
  task: 'regression',
  outputs: { value: 'y' },
  serve,
});

describe('the versions that are served', () => {
  it.each([
    ['there is no card', undefined],
    ['the card says nothing of it', { name: 'm' }],
    ['the card says so', { serve: 'all' }],
  ])('are all, by number and not by text, when %s', (_, json) => {
    expect(servedVersions(json, THERE)).toEqual(HIGHEST_FIRST);
  });

  it.each([
    [1, ['9007199254740993']],
    [3, ['9007199254740993', '9007199254740992', '10']],
    [99, HIGHEST_FIRST],
  ])('are the latest %i', (latest, expected) => {
    expect(servedVersions({ serve: { latest } }, THERE)).toEqual(expected);
  });

  it.each([
    ['numbers', [2, 10], ['10', '2']],
    ['text', ['2', '10'], ['10', '2']],
    ['both', ['9007199254740992', 9], ['9007199254740992', '9']],
    ['some that are not there', [9, 11], ['11', '9']],
  ])('are those of a list: of %s', (_, serve, expected) => {
    expect(servedVersions({ serve }, THERE)).toEqual(expected);
  });

  it('are the highest numbers, however many there are and however long', () => {
    const versions = fc.uniqueArray(fc.bigInt({ min: 1n, max: 10n ** 30n }), { minLength: 1 });
    fc.assert(
      fc.property(versions, fc.integer({ min: 1, max: 12 }), (numbers, latest) => {
        const highest = numbers.toSorted((a, b) => (a > b ? -1 : 1)).slice(0, latest);
        expect(servedVersions({ serve: { latest } }, numbers.map(String))).toEqual(
          highest.map(String),
        );
      }),
    );
  });

  it('do not disturb the list of those that there are', () => {
    const there = Object.freeze(['1', '2']);
    expect(servedVersions(undefined, there)).toEqual(['2', '1']);
    expect(there).toEqual(['1', '2']);
  });
});

describe('what asks for no versions that can be made out', () => {
  const nonsense: readonly [unknown][] = [
    ['newest'],
    [3],
    [null],
    [{}],
    [{ latest: 0 }],
    [{ latest: -1 }],
    [{ latest: 1.5 }],
    [{ latest: '2' }],
    [{ latest: 2, oldest: 1 }],
    [[]],
    [[0]],
    [[1.5]],
    [['01']],
    [['v1']],
    [[2, null]],
    [[2 ** 53]],
  ];

  it.each(nonsense)('serves all of them: %j', (serve) => {
    expect(servedVersions({ serve }, THERE)).toEqual(HIGHEST_FIRST);
  });

  it.each([['all'], [null], [['2']], [7]])('nor does a card that is none: %j', (json) => {
    expect(servedVersions(json, THERE)).toEqual(HIGHEST_FIRST);
  });

  it.each(nonsense)('is a fault of the card: %j', (serve) => {
    const parse = () => parseModelCard(card(serve));
    expect(parse).toThrow(ModelError);
    expect(parse).toThrow(/^the model card is wrong: serve/);
  });
});

describe('a card that asks for versions', () => {
  it.each([
    ['all', 'all'],
    [{ latest: 2 }, { latest: 2 }],
    [
      [2, '10'],
      ['2', '10'],
    ],
  ])('is a good one: %j', (serve, expected) => {
    expect(parseModelCard(card(serve)).serve).toEqual(expected);
  });

  it('says what it could have asked for', () => {
    expect(() => parseModelCard(card('newest'))).toThrow(
      'the model card is wrong: serve: expected "all", {"latest": <number>} or a list of versions',
    );
  });
});
