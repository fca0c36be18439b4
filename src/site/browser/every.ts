/**
 * Does something now and then again and again, one at a time, as long as somebody can see the page.
 *
 * @returns ends it
 */
export function every(ms: number, act: () => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isActing = false;
  let ended = false;
  const run = async () => {
    if (isActing || ended || document.hidden) return;
    isActing = true;
    clearTimeout(timer);
    try {
      await act();
    } finally {
      isActing = false;
      if (!ended) timer = setTimeout(run, ms);
    }
  };
  document.addEventListener('visibilitychange', run);
  void run();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', run);
  };
}
