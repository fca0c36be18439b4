import type { SiteFile } from './site.ts';

/** What a binding of Workers' static assets offers, as far as it is needed here. */
interface StaticAssets {
  fetch(url: URL): Promise<Response>;
}

/**
 * Reads a file of the site at the edge, where the platform keeps them beside the Worker: none of them is part of its
 * bundle, which every isolate has to load.
 *
 * @param assets undefined where none are bound
 * @returns undefined where there is no such file
 */
export async function readAsset(
  assets: StaticAssets | undefined,
  path: string,
): Promise<SiteFile | undefined> {
  // The host is not looked at; a URL just has to have one.
  const response = await assets?.fetch(new URL(path, 'https://assets.invalid/'));
  if (!response?.ok) return undefined;
  return { bytes: new Uint8Array(await response.arrayBuffer()), isGzip: false };
}
