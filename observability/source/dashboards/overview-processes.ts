import type { Row } from './frame.ts';
import { outcomeOverrides } from './outcomes.ts';
import { legendTable, runbook, stackedSeries, timeSeries } from './panels.ts';
import { query } from './queries.ts';
import { MODELS, PROCESSES, rate } from './selectors.ts';

/** How near the processes are to what they can do. */
export function processes(): Row {
  return {
    title: 'Saturation',
    panels: [
      timeSeries({
        title: 'In flight',
        description:
          'Requests being answered at the moment of a scrape, of all Node processes; the scrape is one of them itself. It grows when answers take longer or more is asked; worry when it grows without end.',
        unit: 'none',
      })
        .decimals(0)
        .withTarget(query(`sum(http_requests_in_flight{${PROCESSES}})`, 'in flight')),
      stackedSeries({
        title: 'Turned away, or too late',
        description:
          'Requests per second that were turned away since too much waited or a model was not ready (yellow), or that waited too long (orange). Anything above zero is somebody without an answer.',
        unit: 'reqps',
      })
        .overrides(outcomeOverrides())
        .links([runbook('PredictionQueueSaturated')])
        .targets(
          ['rejected', 'timeout'].map((outcome) =>
            query(
              `sum(${rate('prediction_requests_total', `${MODELS},outcome="${outcome}"`)}) or vector(0)`,
              outcome,
            ),
          ),
        ),
      timeSeries({
        title: 'Event loop',
        description:
          "How late Node's event loop was, 99 of 100 times, by process. About 10 ms is a loop with nothing to do, since the timer that measures it has so long a period. Worry when it stays above 100 ms: everything waits for that, /healthz too.",
        unit: 's',
      }).withTarget(
        query(`max by (instance) (nodejs_eventloop_lag_p99_seconds{${PROCESSES}})`, '{{instance}}'),
      ),
      timeSeries({
        title: 'CPU',
        description:
          'Processor time per second, by process: 100 % is one core. Worry when it stays at as many cores as the process may use.',
        unit: 'percentunit',
      }).withTarget(
        query(
          `sum by (instance) (${rate('process_cpu_seconds_total', PROCESSES)})`,
          '{{instance}}',
        ),
      ),
      timeSeries({
        title: 'Memory',
        description:
          'Resident memory by process: models, their threads and the heap. It grows with every model that is loaded; worry when it grows while nothing is.',
        unit: 'bytes',
      }).withTarget(
        query(`sum by (instance) (process_resident_memory_bytes{${PROCESSES}})`, '{{instance}}'),
      ),
      timeSeries({
        title: 'Uptime',
        description: 'How long each Node process has been running. A fall to zero is a restart.',
        unit: 's',
      })
        .legend(legendTable(['lastNotNull']))
        .withTarget(
          query(
            `time() - max by (instance) (process_start_time_seconds{${PROCESSES}})`,
            '{{instance}}',
          ),
        ),
    ].map((panel) => panel.span(8).height(6)),
  };
}
