import { createCatalog } from './catalog.ts';
import type { FamilySnapshot } from './family.ts';
import { Recorder } from './record.ts';

/** A process's own metrics: where to report, and how to read them. */
export interface Telemetry {
  readonly recorder: Recorder;
  readonly snapshot: () => readonly FamilySnapshot[];
}

export function createTelemetry(build: { version: string; runtime: string }): Telemetry {
  const catalog = createCatalog();
  const recorder = new Recorder(catalog);
  recorder.built(build.version, build.runtime);
  return {
    recorder,
    snapshot: () => Object.values(catalog).map((family) => family.snapshot()),
  };
}
