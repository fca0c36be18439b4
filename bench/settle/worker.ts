/** Waits for as many event boundaries as asked, and for as many resolved promises, one after the other. */
export default {
  async fetch(request: Request): Promise<Response> {
    const times = Number(new URL(request.url).searchParams.get('times'));
    const start = performance.now();
    for (let i = 0; i < times; i++) await Promise.resolve();
    const between = performance.now();
    for (let i = 0; i < times; i++) await scheduler.wait(0);
    const end = performance.now();
    return Response.json({ promiseMs: between - start, settleMs: end - between });
  },
};
