import { createCatalog } from '../../src/metrics/catalog.ts';
import type { Hub } from '../../src/metrics/edge.ts';

interface Env {
  readonly HUB: { getByName(name: string): Hub };
}

/** Hands so many deltas to one hub, so many at a time, each of an isolate that has predicted with a model. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const deltas = Number(searchParams.get('deltas'));
    const concurrency = Number(searchParams.get('concurrency'));
    const hub = env.HUB.getByName('hub-0');
    const start = performance.now();
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        const isolate = crypto.randomUUID();
        const catalog = createCatalog();
        for (let sequence = 1; sequence <= deltas / concurrency; sequence++) {
          catalog.predictionTime.cell('m', '1').observe(0.001);
          catalog.predictionQueueTime.cell('m', '1').observe(0.001);
          catalog.predictionBatchRows.cell('m', '1').observe(1);
          catalog.predictionRows.cell('m', '1').add(1);
          catalog.predictionClass.cell('m', '1', 'yes').add(1);
          catalog.predictionRequests.cell('m', '1', 'predict', 'ok').add(1);
          catalog.httpRequestDuration.cell('POST', '/predict', '200').observe(0.002);
          catalog.modelInfo.cell('m', '1', 'x', 'wasm').set(1);
          catalog.modelLoadTime.cell('m', '1').set(0.1);
          catalog.buildInfo.cell('1', 'workers').set(1);
          const taken = Object.values(catalog).map((family) => family.take());
          const families = taken.filter(({ series }) => series.length > 0);
          await hub.apply({ isolate, sequence, families });
        }
      }),
    );
    return Response.json((deltas * 1000) / (performance.now() - start));
  },
};
