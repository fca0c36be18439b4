/** How a series of a version is called. */
export const OF_VERSION = '{{model}} v{{version}}';

/** Adds up by version. */
export function byVersion(values: string): string {
  return `sum by (model, version) (${values})`;
}
