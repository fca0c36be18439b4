import type { ModelStore } from '../inference/store.ts';
import { arrange, type FileReader, type StoredFile } from './layout.ts';

/** Files by their places: the JSON of a card, or bytes. */
export type FileMap = Readonly<Record<string, unknown>>;

/** Models whose files are part of the program. They are what they are: nothing of them ever changes. */
export function fileMapStore(contents: FileMap): ModelStore {
  const reader: FileReader = {
    bytes: async ({ path }) => new Uint8Array(contents[path] as ArrayBuffer),
    json: async ({ path }) => contents[path],
  };
  const files = Object.entries(contents).map(([path, content]): StoredFile => {
    const bytes = content instanceof ArrayBuffer ? content.byteLength : 0;
    return { path, tag: 'bundled', bytes };
  });
  const models = arrange(files, reader);
  return { list: async () => models };
}
