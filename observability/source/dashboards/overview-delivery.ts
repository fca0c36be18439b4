import type { Row } from './frame.ts';
import { sinceDelivery, waiting } from './hubs.ts';
import { colored, legendTable, runbook, thresholdLines, timeSeries } from './panels.ts';
import { query } from './queries.ts';
import { PROCESSES, rate } from './selectors.ts';
import { alertThreshold, from } from './thresholds.ts';

/** Whether what is measured arrives. */
export function delivery(): Row {
  const silent = alertThreshold('RemoteWriteStalled');
  return {
    title: 'Delivery of metrics',
    panels: [
      timeSeries({
        title: 'Samples waiting',
        description:
          'Samples that wait to be delivered by remote write, of all processes and hubs. It should fall to zero after every push; when it grows the receiver does not take them, and beyond REMOTE_WRITE_MAX_PENDING_SAMPLES the oldest are dropped.',
        unit: 'short',
      })
        .links([runbook('RemoteWriteStalled')])
        .withTarget(query(`sum(${waiting})`, 'waiting')),
      timeSeries({
        title: 'Samples by outcome',
        description:
          'Samples per second that were delivered, that the receiver rejected (red) and that were dropped for want of room (orange). Rejected and dropped ones are lost: graphs have holes there.',
        unit: 'cps',
      })
        .overrides([
          { matcher: { id: 'byName', options: 'rejected' }, properties: colored('red') },
          { matcher: { id: 'byName', options: 'dropped' }, properties: colored('orange') },
        ])
        .links([runbook('RemoteWriteStalled')])
        .withTarget(
          query(
            `sum by (outcome) (${rate('remote_write_samples_total', PROCESSES)})`,
            '{{outcome}}',
          ),
        ),
      timeSeries({
        title: 'Since the last delivery',
        description: `Time since samples were last delivered, of the process or hub that is worst. It goes up and down with the interval of pushing; the dashed line is where RemoteWriteStalled fires. What has never delivered any is not in it: look at what waits.`,
        unit: 's',
      })
        .axisSoftMax(silent)
        .thresholds(from([silent, 'red']))
        .thresholdsStyle(thresholdLines())
        .links([runbook('RemoteWriteStalled')])
        .withTarget(query(`max(${sinceDelivery})`, 'worst')),
      timeSeries({
        title: 'Faults of telemetry',
        description:
          'Observations that were lost to a fault of the telemetry itself, in all. Worry at every step: what the other panels show is too little since then, and the log has the reason.',
        unit: 'none',
      })
        .decimals(0)
        .legend(legendTable(['lastNotNull']))
        .withTarget(query(`sum(telemetry_faults_total{${PROCESSES}})`, 'faults')),
    ].map((panel) => panel.span(6).height(6)),
  };
}
