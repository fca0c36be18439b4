import { edge } from './dashboards/edge.ts';
import { model } from './dashboards/model.ts';
import { overview } from './dashboards/overview.ts';
import type { GeneratedFile } from './files.ts';

/** The dashboards, by the names of their files. */
const DASHBOARDS = { overview, model, edge } as const;

/** What Grafana shows: one file for each dashboard. */
export function dashboardFiles(): GeneratedFile[] {
  return Object.entries(DASHBOARDS).map(([name, make]) => ({
    path: `grafana/dashboards/${name}.json`,
    content: `${JSON.stringify(make(), null, 2)}\n`,
  }));
}
