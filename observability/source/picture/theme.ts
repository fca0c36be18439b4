/** Colours and type of the picture: those of Grafana's dark theme, so that people recognise it. */
export const COLORS = {
  page: '#111217',
  panel: '#181b1f',
  border: '#25282d',
  text: '#d5d6e0',
  muted: '#8e8f9b',
  grid: '#2a2d33',
} as const;

/** Names without quotation marks: ECharts writes them into an attribute as they are. */
export const FONT = 'Inter, Helvetica, Arial, sans-serif';

/** For series that have no colour of their own, in order. */
export const PALETTE = [
  '#73bf69',
  '#f2cc0c',
  '#5794f2',
  '#ff9830',
  '#f2495c',
  '#b877d9',
  '#37872d',
  '#8ab8ff',
  '#fa6400',
  '#c4162a',
  '#1f60c4',
  '#8f3bb8',
] as const;

/** Grafana's names of colours that our dashboards use. */
const NAMED: Readonly<Record<string, string>> = {
  green: '#73bf69',
  orange: '#ff9830',
  red: '#f2495c',
  yellow: '#fade2a',
  blue: '#5794f2',
  purple: '#b877d9',
  'super-light-purple': '#deb6f2',
};

/** @throws Error for a name that has no colour here */
export function colorOf(name: string): string {
  if (name.startsWith('#') || name.startsWith('rgb')) return name;
  const color = NAMED[name];
  if (!color) throw new Error(`there is no colour '${name}'`);
  return color;
}

/** From nothing to much, for heatmaps: Grafana's Turbo without its darkest end, which would be lost on the panel. */
export const HEAT = ['#30407c', '#4662d7', '#36a9f9', '#1be5b5', '#a4fc3c', '#fbb938', '#f5641e'];
