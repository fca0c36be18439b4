import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { ALERTS } from '../../observability/source/alerts.ts';
import { findFaults, readManifests } from './manifests.ts';

it('the rules of Prometheus become rules of its operator by the command of the page, all of them', () => {
  const page = readFileSync('docs/deploy-node.md', 'utf8');
  const [, command = ''] =
    /<!-- run by: test\/deploy\/rules\.test\.ts -->\n```sh\n(.*?)```/s.exec(page) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'kilat-rules-'));
  symlinkSync(resolve('observability'), join(folder, 'observability'));
  execFileSync('sh', ['-ec', command], { cwd: folder });
  const manifests = readManifests(join(folder, 'kilat-rules.yaml'));
  expect(manifests.flatMap(findFaults)).toEqual([]);
  expect(manifests.map(({ spec }) => spec)).toEqual(
    ['recording', 'alerts'].map((name) =>
      parse(readFileSync(`observability/rules/${name}.yml`, 'utf8')),
    ),
  );
  const text = JSON.stringify(manifests);
  for (const { name } of ALERTS) expect(text).toContain(`"alert":"${name}"`);
});
