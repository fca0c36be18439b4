import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { unstable_readConfig } from 'wrangler';
import * as z from 'zod';
import buildWorker, { WORKER_BUNDLE } from '../../test/helpers/build-worker.ts';

/**
 * The Worker's bundle, as it is deployed, in workerd and nothing else. wrangler and Miniflare keep a Node process
 * beside it, which at the least reads every line that it logs: a fifth of a core here, when it was measured.
 */

const FOLDER = 'dist/bench-workerd';
const HUB_FOLDER = `${FOLDER}/hub`;
/** What `workerd serve` takes, together with an address for the socket `http`. */
export const WORKERD_CONFIG = `${FOLDER}/config.capnp`;

/** How workerd calls each kind of file in the bundle; the entry comes first, as it wants it. */
const MODULE_KINDS = { js: 'esModule', onnx: 'data', wasm: 'wasm' } as const;

const wranglerConfig = z.object({
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()),
  durable_objects: z.object({
    bindings: z.array(z.object({ name: z.string(), class_name: z.string() })),
  }),
});

/** Builds the bundle and writes the configuration that serves it. */
export function installWorkerd(): void {
  buildWorker();
  // A hub would go on from the totals of an earlier run.
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(HUB_FOLDER, { recursive: true });
  writeFileSync(WORKERD_CONFIG, describeConfig());
}

/** The settings of wrangler.toml in workerd's own form. */
function describeConfig(): string {
  const wrangler = wranglerConfig.parse(unstable_readConfig({ config: 'wrangler.toml' }));
  const flags = wrangler.compatibility_flags.map((flag) => `"${flag}"`);
  const files = readdirSync(WORKER_BUNDLE);
  const modules = Object.entries(MODULE_KINDS).flatMap(([extension, kind]) =>
    files
      .filter((file) => file.endsWith(`.${extension}`))
      .map((file) => `(name = "${file}", ${kind} = embed "../../${WORKER_BUNDLE}/${file}")`),
  );
  const hubs = wrangler.durable_objects.bindings;
  const bindings = hubs.map(
    (hub) => `(name = "${hub.name}", durableObjectNamespace = "${hub.class_name}")`,
  );
  const namespaces = hubs.map(
    ({ class_name: name }) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "kilat", worker = .kilat), (name = "disk", disk = .disk)],
  sockets = [(name = "http", http = (), service = "kilat")],
);

const disk :Workerd.DiskDirectory = (path = "${HUB_FOLDER}", writable = true);

const kilat :Workerd.Worker = (
  compatibilityDate = "${wrangler.compatibility_date}",
  compatibilityFlags = [${flags.join(', ')}],
  modules = [
    ${modules.join(',\n    ')}
  ],
  bindings = [${bindings.join(', ')}],
  durableObjectNamespaces = [${namespaces.join(', ')}],
  durableObjectStorage = (localDisk = "disk"),
);
`;
}
