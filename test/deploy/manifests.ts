import { readFileSync } from 'node:fs';
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Service } from 'kubernetes-models/v1/Service';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';

/** The kinds that the manifests are of, with the schemas of Kubernetes and of the Prometheus operator. */
const KINDS = {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  NetworkPolicy,
  PodDisruptionBudget,
  PrometheusRule,
  Service,
  ServiceMonitor,
};
export type Kind = keyof typeof KINDS;

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.enum(Object.keys(KINDS) as [Kind, ...Kind[]]),
});
export type Manifest = z.infer<typeof manifest>;

/** The documents of a file of manifests. @throws ZodError for a kind that has no schema here */
export function readManifests(path: string): Manifest[] {
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) =>
    manifest.parse(document.toJS()),
  );
}

/** The one manifest of a kind, as the models of Kubernetes have it. */
export function theOne<K extends Kind>(
  manifests: readonly Manifest[],
  kind: K,
): InstanceType<(typeof KINDS)[K]> {
  const found = manifests.filter((each) => each.kind === kind);
  if (found.length !== 1) throw new Error(`expected one ${kind}, got ${found.length}`);
  return new KINDS[kind](found[0] as never) as InstanceType<(typeof KINDS)[K]>;
}

/** What a manifest has that its schema does not allow or, being misspelt, does not know; nothing when it is right. */
export function findFaults(given: Manifest): string[] {
  const model = KINDS[given.kind];
  const wrong = given.apiVersion === model.apiVersion ? [] : [`apiVersion: ${given.apiVersion}`];
  const unread = new Map<string, object>();
  const watched = new model(given as never);
  for (const [key, value] of Object.entries(watched)) {
    Object.assign(watched, { [key]: watch(value, `/${key}`, unread) });
  }
  try {
    watched.validate();
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
  }
  return [...wrong, ...[...unread.keys()].map((path) => `${path}: not known`)];
}

/**
 * Gives a value that takes note of what is read of it. The compiled schemas pass over properties that they do not
 * know, as they have to; Kubernetes drops those without a word. So what has not been read is not known.
 */
function watch(value: unknown, path: string, unread: Map<string, object>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => {
    unread.set(`${path}/${key}`, value);
    return [key, watch(each, `${path}/${key}`, unread)] as const;
  });
  const copy = Array.isArray(value) ? entries.map(([, each]) => each) : Object.fromEntries(entries);
  return new Proxy(copy, {
    get(target, key) {
      if (typeof key === 'string') unread.delete(`${path}/${key}`);
      return Reflect.get(target, key);
    },
  });
}
