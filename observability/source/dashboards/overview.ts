import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { createDashboard } from './frame.ts';
import { batches } from './overview-batches.ts';
import { delivery } from './overview-delivery.ts';
import { glance } from './overview-glance.ts';
import { models } from './overview-models.ts';
import { processes } from './overview-processes.ts';
import { requests } from './overview-requests.ts';
import { times } from './overview-times.ts';

/** Where somebody looks first who is on call: is it well, and if not, which part and which model. */
export function overview(): Dashboard {
  return createDashboard({
    uid: 'kilat-overview',
    title: 'Kilat: overview',
    description:
      'Predictions of all models together, and of the processes and hubs that serve them. It begins with what people notice, requests that fail or are slow, and goes on to why.',
    rows: [glance(), requests(), times(), batches(), processes(), models(), delivery()],
  });
}
