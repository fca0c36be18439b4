import type { Scene } from './doc-marks.ts';
import { Place } from './doc-place.ts';
import { freePort } from './free-port.ts';

/** Sets up each scene that needs no more than the project itself. */
export const FAST_SCENES = { checkout, server, edge } as const satisfies Partial<
  Record<Scene, () => Promise<Place>>
>;

async function checkout(): Promise<Place> {
  const port = String(await freePort());
  return new Place({ addresses: { 'localhost:8000': `localhost:${port}` }, env: { PORT: port } });
}

async function server(): Promise<Place> {
  const place = await checkout();
  await place.serve('npm start');
  return place;
}

async function edge(): Promise<Place> {
  const port = await freePort();
  const place = new Place({ addresses: { 'localhost:8787': `localhost:${port}` } });
  await place.serve(`npm run dev:edge -- --port ${port}`);
  return place;
}
