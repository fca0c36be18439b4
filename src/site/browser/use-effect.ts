import { useLayoutEffect } from 'hono/jsx/dom';

/**
 * Runs an effect once the page is as it was rendered. Hono's own useEffect waits for the next frame, and runs an effect
 * twice where a component is rendered twice before that: everything asked for would be asked for twice.
 */
export const useEffect = useLayoutEffect;
