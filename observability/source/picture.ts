import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { dashboardFiles } from './dashboards.ts';
import { parseDashboard } from './picture/dashboard-json.ts';
import { drawDashboard } from './picture/draw.ts';
import { PrometheusApi } from './picture/prometheus-api.ts';
import { resolveVariables } from './picture/variables.ts';

/** Values of a series over the width of a graph. */
const POINTS = 120;

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number above 0');
  return value;
}

interface Options {
  readonly prometheus: string;
  readonly dashboard: string;
  readonly minutes: number;
  readonly scrapeSeconds: number;
  readonly out: string;
}

const program = new Command('observability:picture')
  .description('draw a dashboard from a running Prometheus into an SVG')
  .option('--prometheus <url>', 'where Prometheus is', 'http://localhost:9090')
  .option('--dashboard <name>', 'overview, model or edge', 'overview')
  .option('--minutes <minutes>', 'how far it looks back from now', positive, 15)
  .option('--scrape-seconds <seconds>', 'how often Prometheus scrapes', positive, 15)
  .option('--out <file>', 'where the picture goes', 'docs/overview.svg')
  .action(async ({ prometheus, dashboard: name, minutes, scrapeSeconds, out }: Options) => {
    const file = dashboardFiles().find(({ path }) => path.endsWith(`/${name}.json`));
    if (!file) {
      return program.error(`there is no dashboard '${name}': expected overview, model or edge`);
    }
    const dashboard = parseDashboard(file.content);
    const api = new PrometheusApi(prometheus);
    const step = Math.max(1, Math.round((minutes * 60) / POINTS));
    const to = Math.floor(Date.now() / 1000);
    const range = { from: to - Math.round((minutes * 60) / step) * step, to, step };
    const resolved = await resolveVariables(dashboard.templating.list, api, range, scrapeSeconds);
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, await drawDashboard(dashboard, { api, range, ...resolved }));
  });

try {
  await program.parseAsync();
} catch (error) {
  const { prometheus } = program.opts<Options>();
  const isUnreachable = error instanceof TypeError && error.cause !== undefined;
  const message = error instanceof Error ? error.message : String(error);
  program.error(isUnreachable ? `no Prometheus at ${prometheus}` : message);
}
