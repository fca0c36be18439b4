import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  RowBuilder,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import { annotations } from './annotations.ts';
import { variables } from './variables.ts';

/** By which the dashboards find each other. */
export const TAG = 'kilat';

/** Panels that stand side by side and lines of them below each other; with a title, or as the head of the dashboard. */
export interface Row {
  readonly title?: string;
  readonly panels: readonly Builder<Panel>[];
}

interface Frame {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly Row[];
  /** What it can be narrowed to beyond what all of them can. */
  readonly furtherVariables?: readonly Builder<VariableModel>[];
}

/** Puts panels into a dashboard that has what all of ours have: variables, marks, links, times. */
export function createDashboard({
  uid,
  title,
  description,
  rows,
  furtherVariables = [],
}: Frame): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .variables([...variables(), ...furtherVariables])
    .annotations(annotations())
    .link(
      new DashboardLinkBuilder('Kilat')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .includeVars(true)
        .keepTime(true),
    );
  for (const { title: rowTitle, panels } of rows) {
    if (rowTitle !== undefined) builder.withRow(new RowBuilder(rowTitle));
    for (const panel of panels) builder.withPanel(panel);
  }
  return complete(builder.build());
}

/** Adds what the builders leave to whoever loads it: numbers of panels, names of queries, links that are seen. */
function complete(dashboard: Dashboard): Dashboard {
  const panels = (dashboard.panels ?? []).map((panel, place) => {
    const numbered = { ...panel, id: place + 1 };
    if (!('targets' in numbered) || !numbered.targets) return numbered;
    const targets = numbered.targets.map((target, i) => ({
      ...target,
      refId: (target as Dataquery).refId ?? String.fromCharCode(65 + i),
    }));
    return { ...numbered, targets, links: (numbered.links ?? []).map(visible) };
  });
  const { list: marks = [] } = dashboard.annotations;
  return {
    ...dashboard,
    panels,
    links: (dashboard.links ?? []).map(visible),
    annotations: { list: marks.map(visible) },
  };
}

/** The builders put every link, and every switch of a kind of marks, into a menu. */
function visible<Item extends { placement?: unknown }>({ placement: _, ...item }: Item) {
  return item;
}
