import { describe, expect, it } from 'vitest';
import { parseConfig, SETTINGS } from '../../src/config.ts';
import { createTestApp } from '../helpers/app.ts';
import { findFaults, type Manifest, readManifests, theOne } from './manifests.ts';
import { LAST_PUSH_SECONDS } from './shutdown.ts';

const manifests = readManifests('docs/deploy/kubernetes.yaml');
const deployment = theOne(manifests, 'Deployment');
const service = theOne(manifests, 'Service');
const monitor = theOne(manifests, 'ServiceMonitor');
const pod = deployment.spec?.template.spec;
const container = pod?.containers[0];
const settings = theOne(manifests, 'ConfigMap').data ?? {};
const config = parseConfig(settings);

describe('the manifests', () => {
  it.each(manifests)('are as Kubernetes and the operator want them: $kind', (manifest) => {
    expect(findFaults(manifest)).toEqual([]);
  });

  it.each<[string, (copy: Manifest) => unknown, string]>([
    ['a value of another type', (copy) => set(copy, 'spec.template.spec.containers', 3), 'array'],
    ['a misspelt key', (copy) => set(copy, 'spec.template.spec.hostNetwrok', true), 'hostNetwrok'],
    ['a key in an item', (copy) => set(copy, 'spec.template.spec.containers.0.prots', []), 'prots'],
    ['what it has to have', (copy) => set(copy, 'spec.selector', undefined), 'selector'],
    ['another version', (copy) => set(copy, 'apiVersion', 'apps/v1beta1'), 'apps/v1beta1'],
  ])('would be caught with or without %s', (_, change, expected) => {
    const copy = structuredClone(manifests.find(({ kind }) => kind === 'Deployment')) as Manifest;
    change(copy);
    expect(findFaults(copy).join()).toContain(expected);
  });

  it('find the same pods', () => {
    const labels = deployment.spec?.template.metadata?.labels ?? {};
    const selectors = [
      deployment.spec?.selector.matchLabels,
      service.spec?.selector,
      theOne(manifests, 'PodDisruptionBudget').spec?.selector?.matchLabels,
      theOne(manifests, 'NetworkPolicy').spec?.podSelector?.matchLabels,
    ];
    for (const selector of selectors) expect(labels).toMatchObject(selector ?? { none: true });
    expect(service.metadata?.labels).toMatchObject(
      monitor.spec.selector.matchLabels ?? { none: 1 },
    );
    expect(theOne(manifests, 'HorizontalPodAutoscaler').spec?.scaleTargetRef).toEqual({
      apiVersion: deployment.apiVersion,
      kind: deployment.kind,
      name: deployment.metadata?.name,
    });
  });

  it('give settings that there are, and secrets by their name alone', () => {
    const env = container?.env ?? [];
    const names = [...Object.keys(settings), ...env.map(({ name }) => name)];
    expect(SETTINGS).toEqual(expect.arrayContaining(names));
    expect(names.filter((name) => name.endsWith('_TOKEN'))).toEqual(['API_TOKEN', 'METRICS_TOKEN']);
    for (const { valueFrom } of env) expect(valueFrom?.secretKeyRef?.optional).toBeUndefined();
  });

  it('speak of the port that is listened on, by its name', () => {
    const [port] = container?.ports ?? [];
    expect(port).toMatchObject({ name: 'http', containerPort: config.PORT });
    expect(config.HOST).toBe('0.0.0.0');
    const probes = [container?.startupProbe, container?.readinessProbe, container?.livenessProbe];
    const named = [
      ...probes.map((probe) => probe?.httpGet?.port),
      ...(service.spec?.ports ?? []).map(({ targetPort }) => targetPort),
      ...(theOne(manifests, 'NetworkPolicy').spec?.ingress ?? []).flatMap(({ ports }) =>
        (ports ?? []).map((each) => each.port),
      ),
    ];
    expect(new Set(named)).toEqual(new Set([port?.name]));
    expect(service.spec?.ports?.map(({ name }) => name)).toContain(
      monitor.spec.endpoints?.[0]?.port,
    );
  });

  it('probe what answers, while the server serves and while it stops', async () => {
    const { app, lifecycle } = await createTestApp();
    const status = async (path: string | undefined) => (await app.request(path ?? '')).status;
    const startup = container?.startupProbe?.httpGet?.path;
    const readiness = container?.readinessProbe?.httpGet?.path;
    const liveness = container?.livenessProbe?.httpGet?.path;
    const scraped = monitor.spec.endpoints?.[0]?.path;
    for (const path of [startup, readiness, liveness, scraped])
      expect(await status(path)).toBe(200);
    lifecycle.draining = true;
    expect(await status(readiness)).toBe(503);
    expect(await status(liveness)).toBe(200);
    expect(await status(scraped)).toBe(200);
  });

  it('give it the time to finish what it has accepted', () => {
    const preStop = container?.lifecycle?.preStop?.sleep?.seconds ?? 0;
    expect(preStop).toBeGreaterThan(0);
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(
      preStop + config.SHUTDOWN_SECONDS + LAST_PUSH_SECONDS,
    );
  });

  it('are scraped with one of the tokens, under the job that the alerts ask for', () => {
    const secrets = container?.env?.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name);
    const { credentials } = monitor.spec.endpoints?.[0]?.authorization ?? {};
    expect(new Set([...(secrets ?? []), credentials?.name])).toEqual(new Set(['kilat-tokens']));
    const job = service.metadata?.labels?.[monitor.spec.jobLabel ?? ''];
    expect(job).toBe(parseConfig({}).METRICS_JOB);
  });

  it('give nobody privileges, and nothing to write to', () => {
    expect(pod?.automountServiceAccountToken).toBe(false);
    expect(pod?.securityContext?.runAsNonRoot).toBe(true);
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container?.volumeMounts).toBeUndefined();
  });
});

/** Puts a value at a path of keys. */
function set(target: object, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() as string;
  const owner = keys.reduce<object>((at, key) => Reflect.get(at, key) as object, target);
  Reflect.set(owner, last, value);
}
