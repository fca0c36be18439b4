import { useRef, useState } from 'hono/jsx/dom';
import type { Models } from './server.ts';
import { useEffect } from './use-effect.ts';

/**
 * The model that is shown: the one that the address names behind its `#`, so that a link can lead to one, else the one
 * that has been shown so far, else one that answers, the default before others.
 */
export function useSelection(models: Models | undefined): string | undefined {
  const [named, setNamed] = useState(readName);
  const shown = useRef<string | undefined>(undefined);
  useEffect(() => {
    const follow = () => setNamed(readName());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  if (!models) return undefined;
  const isThere = (name: string | null | undefined) =>
    models.models.some((model) => model.name === name);
  const isReady = (name: string | null | undefined) =>
    models.models.some((model) => model.name === name && model.state === 'READY');
  const candidates = [models.default, ...models.models.map(({ name }) => name)];
  const chosen =
    [named, shown.current].find(isThere) ?? candidates.find(isReady) ?? candidates.find(isThere);
  shown.current = chosen ?? undefined;
  return shown.current;
}

function readName(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    // A `%` that somebody has typed.
    return '';
  }
}

export function linkTo(model: string): string {
  return `#${encodeURIComponent(model)}`;
}
