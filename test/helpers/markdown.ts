import GithubSlugger from 'github-slugger';
import { marked, type Token } from 'marked';

/** A block of a document, and the line that it begins on. */
export interface Block {
  readonly token: Token;
  readonly line: number;
}

/** The same among its neighbours, without the blank lines between them. */
export interface PlacedBlock extends Block {
  readonly before: Block | undefined;
  readonly after: readonly Block[];
}

/** The blocks of a document in their order, with those that are in list items and quotations. */
export function readBlocks(markdown: string): PlacedBlock[] {
  return [...walk(marked.lexer(markdown), 1)];
}

function* walk(tokens: readonly Token[], first: number): Generator<PlacedBlock> {
  let next = first;
  const all = tokens.map((token) => {
    const line = next;
    next += token.raw.split('\n').length - 1;
    return { token, line };
  });
  const blocks = all.filter(({ token }) => token.type !== 'space');
  for (const [i, { token, line }] of blocks.entries()) {
    yield { token, line, before: blocks[i - 1], after: blocks.slice(i + 1) };
    // Indentation and the marks of a quotation are taken off what is inside, but its lines stay lines.
    if (token.type === 'list') yield* walk(token.items, line);
    if (token.type === 'list_item' || token.type === 'blockquote') {
      yield* walk(token.tokens ?? [], line);
    }
  }
}

/** Where the links and pictures of a document lead. */
export function readLinks(markdown: string): string[] {
  return allTokens(markdown).flatMap((token) =>
    token.type === 'link' || token.type === 'image' ? [token.href] : [],
  );
}

/** What the headings of a document are called in a link, as GitHub has it. */
export function readAnchors(markdown: string): string[] {
  const slugger = new GithubSlugger();
  return allTokens(markdown).flatMap((token) =>
    token.type === 'heading' ? [slugger.slug(token.text)] : [],
  );
}

/** Every token, from the outside in. */
function allTokens(markdown: string): Token[] {
  const tokens: Token[] = [];
  // What it returns is what its callback does, which is nothing to wait for.
  void marked.walkTokens(marked.lexer(markdown), (token) => {
    tokens.push(token);
  });
  return tokens;
}
