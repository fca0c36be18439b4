/** A share from 0 to 1 for a person: only what is exactly none or all of it is written as 0 or 100. */
export function percent(share: number): string {
  if (share > 0 && share < 0.0005) return '< 0.1 %';
  if (share >= 0.9995 && share < 1) return '> 99.9 %';
  return `${(share * 100).toFixed(1)} %`;
}
