/** Series by bin, of a metric with these labels. */
export function byBin(
  metric: string,
  labels: string,
  values: Readonly<Record<string, string>>,
  instance = 'a:8000',
  label = 'bin',
): Record<string, string> {
  const origin = instance.startsWith('hub')
    ? `job="edge",instance="${instance}"`
    : `job="kilat",instance="${instance}"`;
  return Object.fromEntries(
    Object.entries(values).map(([bin, each]) => [
      `${metric}{${origin},${labels},${label}="${bin}"}`,
      each,
    ]),
  );
}
