/** A file that `npm run observability` writes: its place below observability/, and what is in it. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** What stands at the head of every file that can have a comment. */
export const NOTICE = 'Written by `npm run observability` from observability/source/. Do not edit.';
