import { useState } from 'hono/jsx/dom';
import { useEffect } from './use-effect.ts';

/** The model that the address names behind its `#`, so that a link can lead to one. */
export function useSelection(): string {
  const [selection, setSelection] = useState(readSelection);
  useEffect(() => {
    const follow = () => setSelection(readSelection());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return selection;
}

function readSelection(): string {
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
