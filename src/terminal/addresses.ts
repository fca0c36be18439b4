/** Where a server listens. */
export interface Listening {
  /** As it is bound, without a slash at its end. */
  readonly url: string;
  /** Host and port; undefined where gRPC is off. */
  readonly grpcAddress: string | undefined;
}

/**
 * What is served where: a line of the start for each of these.
 *
 * @param hasPages whether a browser finds something there
 */
export function listAddresses(
  { url, grpcAddress }: Listening,
  hasPages: boolean,
): [what: string, where: string][] {
  const local = localUrl(url);
  const isEverywhere = local !== url;
  return [
    ['HTTP', isEverywhere ? `${local} and every other address of this machine` : url],
    ...(hasPages
      ? ([
          ['page', `${local}/ with the models, for a browser`],
          ['docs', `${local}/docs of the API`],
        ] satisfies [string, string][])
      : []),
    ['metrics', `${local}/metrics`],
    ...(grpcAddress === undefined ? [] : [['gRPC', grpcAddress] satisfies [string, string]]),
  ];
}

/** An address that a browser on this machine can open, also where the server listens on all there are. */
export function localUrl(url: string): string {
  return url.replace(/^http:\/\/(?:0\.0\.0\.0|\[::\]):/, 'http://localhost:');
}
