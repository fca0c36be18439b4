/**
 * What a document says of a block of commands, in a comment of its own on the line before the block, which nobody sees
 * on GitHub:
 *
 * - `<!-- run: SCENE -->`: a test runs the whole block with `bash -euo pipefail`, and it has to end with 0. A request by
 *   curl has to succeed too, unless the block shows what it prints. {@link SCENES} says which scenes there are.
 *   `SCENE with NAME.csv`: a file of rows for every shipped model lies there. `SCENE, until it answers`: the block starts
 *   a server, and is stopped once that answers.
 * - `<!-- run by: PATH -->`: something else runs it, which has to hold the very commands, or name the document.
 * - `<!-- not run: REASON -->`: it can be run nowhere that tests are.
 *
 * A block of text or json that directly follows, with or without `<!-- prints -->` before it, is what the commands print:
 * `…` stands for anything in it, and `time_ms` is any number.
 */
export type Mark =
  | {
      readonly how: 'run';
      readonly scene: Scene;
      readonly file: string | undefined;
      readonly untilItAnswers: boolean;
    }
  | { readonly how: 'run by'; readonly path: string }
  | { readonly how: 'not run'; readonly reason: string }
  | { readonly how: 'prints' };

/** What commands may find around them, in a copy of the checkout: `checkout` is a fresh one for every block. */
export const SCENES = [
  /** The project with its packages, and nothing that runs. */
  'checkout',
  /** The same, and a server of the shipped models at localhost:8000, one for all blocks. */
  'server',
  /** The same, and `npm run dev:edge` at localhost:8787. */
  'edge',
  /** The project without its packages; in the end-to-end tests. */
  'clean checkout',
  /** What observability/compose.yaml starts, after some trouble; in the end-to-end tests. */
  'prometheus',
] as const;

export type Scene = (typeof SCENES)[number];

const MARK = /^<!-- (run by|run|not run|prints)(?:: *(.*?))? -->$/s;
const RUN = /^(.*?)(?: with (\S+\.csv))?(, until it answers)?$/;

/**
 * Reads a comment.
 *
 * @returns undefined where it is none of the marks
 * @throws Error where it is one that says nothing, or a scene that there is not
 */
export function parseMark(comment: string): Mark | undefined {
  const [, how, text = ''] = MARK.exec(comment) ?? [];
  if (how === 'prints') return { how };
  if (how === undefined) return undefined;
  if (text === '') throw new Error(`'${how}:' and nothing after it`);
  if (how === 'run by') return { how, path: text };
  if (how === 'not run') return { how, reason: text };
  const [, name, file, until] = RUN.exec(text) ?? [];
  const scene = SCENES.find((each) => each === name);
  if (scene === undefined) throw new Error(`no such scene: ${name} (${SCENES.join(', ')})`);
  return { how: 'run', scene, file, untilItAnswers: until !== undefined };
}
