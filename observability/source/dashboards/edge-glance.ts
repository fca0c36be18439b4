import type { Row } from './frame.ts';
import {
  DELTAS_PER_SECOND,
  deltas,
  edgeRate,
  maxByHub,
  sinceDelivery,
  sumByHub,
  waiting,
} from './hubs.ts';
import { runbook, stat } from './panels.ts';
import { query } from './queries.ts';
import { PROCESSES } from './selectors.ts';
import { alertThreshold, atLeast, from, neutral } from './thresholds.ts';

/** What the edge does, and whether its hubs keep up. */
export function glance(): Row {
  return {
    panels: [
      stat({
        title: 'Hubs',
        description:
          'Hubs that report, as many as METRICS_SHARDS once all of them have been handed something. Worry when it is less: a hub that has fallen silent keeps the totals of its isolates.',
        unit: 'none',
      })
        .thresholds(atLeast(1))
        .withTarget(query(`count(${sumByHub(`metrics_hub_deltas_total{${PROCESSES}}`)})`, 'hubs')),
      stat({
        title: 'Predictions',
        description: 'Requests for a prediction per second at the edge, however they ended.',
        unit: 'reqps',
      })
        .thresholds(neutral())
        .withTarget(query(`sum(${edgeRate('prediction_requests_total')})`, 'predictions')),
      stat({
        title: 'Deltas',
        description: `Deltas per second that isolates hand to hubs, of all of them. One hub takes about ${DELTAS_PER_SECOND}; METRICS_SHARDS spreads them over more.`,
        unit: 'ops',
      })
        .thresholds(neutral())
        .withTarget(query(`sum(${deltas()})`, 'deltas')),
      stat({
        title: 'Duplicates',
        description:
          'Share of deltas that a hub already had, since its answer had been lost. They are not counted twice; many of them say that isolates and hubs do not reach each other well.',
        unit: 'percentunit',
      })
        .decimals(2)
        .thresholds(from([0.01, 'orange'], [0.1, 'red']))
        .withTarget(
          query(
            `(sum(${deltas('outcome="duplicate"')}) or vector(0)) / (sum(${deltas()}) > 0)`,
            'duplicates',
          ),
        ),
      stat({
        title: 'Samples waiting',
        description:
          'Samples that wait in the storage of hubs to be delivered. It should fall to zero after every push.',
        unit: 'short',
      })
        .thresholds(neutral())
        .links([runbook('RemoteWriteStalled')])
        .withTarget(query(`sum(${sumByHub(waiting)})`, 'waiting')),
      stat({
        title: 'Since the last delivery',
        description:
          'Time since the hub that is worst last delivered samples. Red is where RemoteWriteStalled fires.',
        unit: 's',
      })
        .thresholds(from([alertThreshold('RemoteWriteStalled'), 'red']))
        .links([runbook('RemoteWriteStalled')])
        .withTarget(query(`max(${maxByHub(sinceDelivery)})`, 'worst')),
    ].map((panel) => panel.span(4)),
  };
}
