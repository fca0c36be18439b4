import * as z from 'zod';

/** What of a dashboard's JSON is needed to draw it. */

const link = z.looseObject({ title: z.string() });

const target = z.object({
  expr: z.string(),
  legendFormat: z.string().default(''),
  refId: z.string().default('A'),
  instant: z.boolean().default(false),
});
export type Target = z.infer<typeof target>;

const threshold = z.object({ value: z.number().nullable(), color: z.string() });
export type Threshold = z.infer<typeof threshold>;

const lineStyle = z.object({
  fillOpacity: z.number().default(0),
  lineWidth: z.number().default(1),
  axisSoftMax: z.number().optional(),
  lineInterpolation: z.string().default('linear'),
  stacking: z.object({ mode: z.string().default('none') }).prefault({}),
  scaleDistribution: z.object({ type: z.string().default('linear') }).prefault({}),
  thresholdsStyle: z.object({ mode: z.string().default('off') }).prefault({}),
});

const override = z.object({
  matcher: z.object({ id: z.string(), options: z.string() }),
  properties: z.array(z.object({ id: z.string(), value: z.unknown() })),
});
export type Override = z.infer<typeof override>;

const organize = z.object({
  indexByName: z.record(z.string(), z.number()),
  renameByName: z.record(z.string(), z.string()),
});
const transformation = z.object({ id: z.string(), options: z.unknown() });

const panel = z.object({
  id: z.number(),
  type: z.string(),
  title: z.string(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  repeat: z.string().optional(),
  maxDataPoints: z.number().default(60),
  targets: z.array(target).default([]),
  links: z.array(link).default([]),
  transformations: z.array(transformation).default([]),
  fieldConfig: z
    .object({
      defaults: z
        .object({
          unit: z.string().default('none'),
          decimals: z.number().optional(),
          max: z.number().optional(),
          thresholds: z.object({ steps: z.array(threshold) }).default({ steps: [] }),
          custom: lineStyle.prefault({}),
        })
        .prefault({}),
      overrides: z.array(override).default([]),
    })
    .prefault({}),
  options: z
    .looseObject({
      legend: z.looseObject({ calcs: z.array(z.string()).default([]) }).prefault({}),
    })
    .prefault({}),
});
export type Panel = z.infer<typeof panel>;

const variable = z.object({
  name: z.string(),
  type: z.string(),
  allValue: z.string().optional(),
  definition: z.string().optional(),
  includeAll: z.boolean().default(true),
});
export type Variable = z.infer<typeof variable>;

const annotation = z.object({
  name: z.string(),
  iconColor: z.string(),
  useValueForTime: z.boolean().default(false),
  target: z.object({ expr: z.string() }).optional(),
});
export type Annotation = z.infer<typeof annotation>;

const dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  panels: z.array(panel),
  templating: z.object({ list: z.array(variable) }),
  annotations: z.object({ list: z.array(annotation) }),
});
export type Dashboard = z.infer<typeof dashboard>;

/** @param text a dashboard as it is written for Grafana */
export function parseDashboard(text: string): Dashboard {
  return dashboard.parse(JSON.parse(text));
}

/** The columns of a table: the field of each, in order, with its heading. */
export function columnsOf({ transformations }: Panel): { field: string; heading: string }[] {
  const options = transformations.find(({ id }) => id === 'organize')?.options;
  const { indexByName, renameByName } = organize.parse(options);
  return Object.entries(indexByName)
    .sort(([, a], [, b]) => a - b)
    .map(([field]) => ({ field, heading: renameByName[field] ?? field }));
}

/** What the overrides of a panel say of a property of the series or column with this name. */
export function overridden({ fieldConfig }: Panel, name: string, property: string): unknown {
  const fits = ({ matcher: { id, options } }: Override) =>
    id === 'byRegexp' ? new RegExp(options.slice(1, -1)).test(name) : options === name;
  return fieldConfig.overrides
    .filter(fits)
    .flatMap(({ properties }) => properties)
    .findLast(({ id }) => id === property)?.value;
}
