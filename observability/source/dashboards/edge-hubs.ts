import type { Row } from './frame.ts';
import { DELTAS_PER_SECOND, deltas, maxByHub, sinceDelivery, sumByHub, waiting } from './hubs.ts';
import { colored, legendTable, runbook, thresholdLines, timeSeries } from './panels.ts';
import { query } from './queries.ts';
import { PROCESSES, rate } from './selectors.ts';
import { alertThreshold, from } from './thresholds.ts';

const SILENT = alertThreshold('RemoteWriteStalled');

/** What isolates hand to hubs. */
export function hubs(): Row {
  return {
    title: 'From isolates to hubs',
    panels: [
      timeSeries({
        title: 'Deltas applied',
        description: `Deltas per second that each hub has added to its totals. The dashed lines are half of what one was measured to take and all of it, ${DELTAS_PER_SECOND}: raise METRICS_SHARDS or METRICS_FLUSH_SECONDS before that. Hubs that get much less than the others are as it should be only with few isolates.`,
        unit: 'ops',
      })
        .thresholds(from([DELTAS_PER_SECOND / 2, 'orange'], [DELTAS_PER_SECOND, 'red']))
        .thresholdsStyle(thresholdLines())
        .withTarget(query(sumByHub(deltas('outcome="applied"')), '{{hub}}')),
      timeSeries({
        title: 'Duplicates by hub',
        description:
          'Deltas per second that a hub already had. Nothing is counted twice; worry when it lasts, since answers of that hub are being lost.',
        unit: 'ops',
      }).withTarget(
        query(`${sumByHub(deltas('outcome="duplicate"'))} or 0 * ${sumByHub(deltas())}`, '{{hub}}'),
      ),
      timeSeries({
        title: 'Faults of telemetry',
        description:
          'Observations lost to a fault of the telemetry itself, in all, by hub. A step after a deployment can be isolates of another version, which count what the hub does not know.',
        unit: 'none',
      })
        .decimals(0)
        .legend(legendTable(['lastNotNull']))
        .withTarget(query(sumByHub(`telemetry_faults_total{${PROCESSES}}`), '{{hub}}')),
    ].map((panel) => panel.span(8).height(8)),
  };
}

/** What hubs deliver. */
export function deliveries(): Row {
  return {
    title: 'From hubs to Prometheus',
    panels: [
      timeSeries({
        title: 'Pushes',
        description:
          'Requests of remote write per second, by hub and outcome: sent, to be retried, rejected. Worry at retries that last (the receiver is down or slow) and at any that was rejected (it will not take those samples).',
        unit: 'reqps',
      })
        .overrides([
          { matcher: { id: 'byRegexp', options: '/rejected$/' }, properties: colored('red') },
          { matcher: { id: 'byRegexp', options: '/retried$/' }, properties: colored('orange') },
        ])
        .links([runbook('RemoteWriteStalled')])
        .withTarget(
          query(
            sumByHub(rate('remote_write_requests_total', PROCESSES), 'outcome'),
            '{{hub}} {{outcome}}',
          ),
        ),
      timeSeries({
        title: 'Samples',
        description:
          'Samples per second, by hub and outcome: sent, rejected by the receiver, dropped for want of room. Rejected and dropped ones are lost.',
        unit: 'cps',
      })
        .overrides([
          { matcher: { id: 'byRegexp', options: '/rejected$/' }, properties: colored('red') },
          { matcher: { id: 'byRegexp', options: '/dropped$/' }, properties: colored('orange') },
        ])
        .withTarget(
          query(
            sumByHub(rate('remote_write_samples_total', PROCESSES), 'outcome'),
            '{{hub}} {{outcome}}',
          ),
        ),
      timeSeries({
        title: 'Samples waiting by hub',
        description:
          'Samples in the storage of each hub. It should fall to zero after every push; when it grows, so does the time until the oldest are dropped.',
        unit: 'short',
      })
        .links([runbook('RemoteWriteStalled')])
        .withTarget(query(sumByHub(waiting), '{{hub}}')),
      timeSeries({
        title: 'Since the last delivery by hub',
        description:
          'Time since each hub last delivered samples. It goes up and down with REMOTE_WRITE_INTERVAL_SECONDS; the dashed line is where RemoteWriteStalled fires. A hub whose last pushes have not arrived is not seen here at all: its line ends.',
        unit: 's',
      })
        .axisSoftMax(SILENT)
        .thresholds(from([SILENT, 'red']))
        .thresholdsStyle(thresholdLines())
        .links([runbook('RemoteWriteStalled')])
        .withTarget(query(maxByHub(sinceDelivery), '{{hub}}')),
    ].map((panel) => panel.span(6).height(8)),
  };
}
