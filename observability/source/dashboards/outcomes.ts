import { FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { colored } from './panels.ts';

/** Outcomes of requests that did not end well, each in its colour. */
const COLORS = {
  invalid: 'super-light-purple',
  rejected: 'yellow',
  timeout: 'orange',
  failed: 'red',
} as const;

/** Colours the series whose names end in an outcome; those that are ok are all green, each model in a shade of its own. */
export function outcomeOverrides() {
  const shades = { mode: FieldColorModeId.Shades, fixedColor: 'green' };
  return [
    { matcher: { id: 'byRegexp', options: '/ok$/' }, properties: [{ id: 'color', value: shades }] },
    ...Object.entries(COLORS).map(([outcome, color]) => ({
      matcher: { id: 'byRegexp', options: `/${outcome}$/` },
      properties: colored(color),
    })),
  ];
}
