import * as z from 'zod';
import { overridden, type Panel } from './dashboard-json.ts';
import { colorOf, PALETTE } from './theme.ts';

const chosen = z.object({ mode: z.string(), fixedColor: z.string() });

/** How light the shades of a colour are, in order. */
const SHADES = [1, 0.62, 1.25, 0.42, 0.8];

/** The colour of a series: the one that the panel gives to its name, else the next one. */
export function seriesColor(panel: Panel, name: string, place: number): string {
  const given = overridden(panel, name, 'color');
  const { success, data } = chosen.safeParse(given);
  if (success) {
    const color = colorOf(data.fixedColor);
    return data.mode === 'shades' ? shade(color, place) : color;
  }
  return PALETTE[place % PALETTE.length] ?? PALETTE[0];
}

/** The colour that a value has by the thresholds of its panel. */
export function thresholdColor(panel: Panel, value: number): string {
  const { steps } = panel.fieldConfig.defaults.thresholds;
  const step = steps.findLast((each) => each.value === null || value >= each.value);
  return colorOf(step?.color ?? 'green');
}

function shade(color: string, place: number): string {
  const light = SHADES[place % SHADES.length] ?? 1;
  return color.replaceAll(/[0-9a-f]{2}/gi, (part) =>
    Math.min(255, Math.round(Number.parseInt(part, 16) * light))
      .toString(16)
      .padStart(2, '0'),
  );
}
