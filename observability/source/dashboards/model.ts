import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { createDashboard } from './frame.ts';
import { answers } from './model-answers.ts';
import { classes } from './model-classes.ts';
import { glance } from './model-glance.ts';
import { modelTable } from './model-table.ts';
import { work } from './model-work.ts';

/** What one model does, its versions beside each other: whether a new one is as good as the one before. */
export function model(): Dashboard {
  return createDashboard({
    uid: 'kilat-model',
    title: 'Kilat: model',
    description:
      'The versions of the chosen models beside each other: what is asked of them, how long they take, and what they predict. Choose one model to compare its versions.',
    rows: [
      glance(),
      answers(),
      work(),
      classes(),
      { title: 'Loaded', panels: [modelTable().span(24).height(6)] },
    ],
  });
}
