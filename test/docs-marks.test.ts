import { describe, expect, it } from 'vitest';
import { readCommands } from './helpers/doc-commands.ts';

const block = (...before: readonly string[]) => [...before, '```sh', 'npm start', '```'].join('\n');
const read = (markdown: string) => readCommands('docs/x.md', markdown);

describe('a mark of commands in a document', () => {
  it('has to be there, also in a list and a quotation', () => {
    const item = `- item\n\n${block().replaceAll(/^/gm, '  ')}`;
    const quotation = block().replaceAll(/^/gm, '> ');
    const { commands, faults } = read(`# x\n\n${block()}\n\n${item}\n\n${quotation}\n`);
    expect(commands).toEqual([]);
    expect(faults).toEqual([
      expect.stringMatching(/^docs\/x\.md:3: a block of commands without a mark/),
      expect.stringMatching(/^docs\/x\.md:9: a block of commands without a mark/),
      expect.stringMatching(/^docs\/x\.md:13: a block of commands without a mark/),
    ]);
  });

  it('says what the commands find, and what they print', () => {
    const shown = '<!-- prints -->\n```text\nok …\n```';
    const marked = block('text', '', '<!-- run: server with rows.csv -->');
    expect(read(`${marked}\n\n${shown}\n`)).toEqual({
      commands: [
        {
          place: 'docs/x.md:4',
          code: 'npm start',
          mark: { how: 'run', scene: 'server', file: 'rows.csv', untilItAnswers: false },
          shown: { isJson: false, text: 'ok …' },
        },
      ],
      faults: [],
    });
  });

  it.each([
    ['<!-- run: checkout, until it answers -->', true],
    ['<!-- run: checkout -->', false],
  ])('says whether they end by themselves: %s', (mark, untilItAnswers) => {
    expect(read(block(mark)).commands).toMatchObject([{ mark: { untilItAnswers } }]);
  });

  it.each([
    ['<!-- run by: README.md -->', block()],
    ['<!-- not run: it has no end -->', block()],
    ['<!-- run: python in a virtual environment -->', '```python\nimport x\n```'],
  ])('leaves them to others: %s', (mark, after) => {
    expect(read(`${mark}\n${after}\n`)).toEqual({ commands: [], faults: [] });
  });

  it('that is wrong is a fault of its own block alone', () => {
    const markdown = `${block('<!-- run: server -->')}\n\n${block('<!-- run: sever -->')}\n`;
    expect(read(markdown)).toMatchObject({
      commands: [{ place: 'docs/x.md:2' }],
      faults: [expect.stringContaining('docs/x.md:7: ')],
    });
  });

  it.each([
    ['no such scene: sever', block('<!-- run: sever -->')],
    ["'run:' and nothing after it", block('<!-- run: -->')],
    ["'not run:' and nothing after it", block('<!-- not run: -->')],
    ['run by no/such/file, which is not there', block('<!-- run by: no/such/file -->')],
    ["run by wrangler.toml, which has no 'npm start'", block('<!-- run by: wrangler.toml -->')],
    ['a mark with no block after it', '<!-- run: server -->\n\ntext'],
    ['no block of commands before it', 'text\n\n<!-- prints -->\n```text\nok\n```'],
    ['a block of console', '<!-- run: server -->\n```console\n$ npm start\n```'],
    [
      'since it does not end',
      `${block('<!-- run: checkout, until it answers -->')}\n\n\`\`\`json\n{}\n\`\`\``,
    ],
  ])('is refused: %s', (fault, markdown) => {
    expect(read(markdown)).toEqual({ commands: [], faults: [expect.stringContaining(fault)] });
  });
});
