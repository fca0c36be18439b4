import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { answers } from './edge-answers.ts';
import { glance } from './edge-glance.ts';
import { deliveries, hubs } from './edge-hubs.ts';
import { createDashboard } from './frame.ts';

/** The edge: isolates count, hubs add up and deliver. Whether they do, and what the edge answers. */
export function edge(): Dashboard {
  return createDashboard({
    uid: 'kilat-edge',
    title: 'Kilat: edge',
    description:
      'Predictions in Workers, and the hubs that add up what isolates count and deliver it. Times at the edge have the resolution of its clock, a millisecond (docs/operations.md).',
    rows: [glance(), answers(), hubs(), deliveries()],
  });
}
