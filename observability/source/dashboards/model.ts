import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { createDashboard } from './frame.ts';
import { answers } from './model-answers.ts';
import { classes } from './model-classes.ts';
import { drift } from './model-drift.ts';
import { glance } from './model-glance.ts';
import { modelTable } from './model-table.ts';
import { work } from './model-work.ts';
import { featureVariable } from './variables.ts';

/** What one model does, its versions beside each other: whether a new one is as good as the one before. */
export function model(): Dashboard {
  return createDashboard({
    uid: 'kilat-model',
    title: 'Kilat: model',
    description:
      'The versions of the chosen models beside each other: what is asked of them, how long they take, what they predict, and how far they have drifted from their training. Choose one model to compare its versions.',
    furtherVariables: [featureVariable()],
    rows: [
      glance(),
      answers(),
      work(),
      classes(),
      drift(),
      { title: 'Loaded', panels: [modelTable().span(24).height(6)] },
    ],
  });
}
