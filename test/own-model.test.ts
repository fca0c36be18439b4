import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Place } from './helpers/doc-place.ts';
import { freePort } from './helpers/free-port.ts';
import { installPrograms } from './helpers/install-programs.ts';
import { readBlocks } from './helpers/markdown.ts';

/** The code of README.md between the heading of an own model and the next one. */
function readSteps(): string[] {
  const sections = readFileSync('README.md', 'utf8').split(/^## /m);
  const section = sections.find((each) => each.startsWith('Your own model\n')) ?? '';
  return readBlocks(section).flatMap(({ token }) =>
    token.type === 'code' ? [String(token.text)] : [],
  );
}

/** Everything that README.md says of an own model, in its own order and in one place. */
describe('an own model of README.md', { timeout: 120_000 }, () => {
  const [create = '', card = '', check = '', ask = '', answer = '', remove = ''] = readSteps();
  let place: Place;
  const bundle = () => readFileSync(join(place.folder, 'src/stores/bundle.ts'), 'utf8');
  /** Runs commands to their end. */
  const run = async (code: string) => {
    const running = place.start(code);
    expect([await running.ended, running.stderr]).toEqual([0, '']);
    return running.stdout;
  };

  beforeAll(async () => {
    installPrograms({ bash: 'bash', curl: 'curl', git: 'git' });
    const port = String(await freePort());
    place = new Place({
      addresses: { 'localhost:8000': `localhost:${port}` },
      env: { PORT: port },
    });
  });
  afterAll(() => place?.stop());

  it('is taken in, described, checked, asked by the names of its card, and taken away', async () => {
    expect(readSteps()).toHaveLength(6);
    const before = bundle();
    expect(await run(create)).toContain('model/iris/model.json');
    expect(bundle()).toContain('model/iris/1/model.onnx');
    const path = join(place.folder, 'model/iris/model.json');
    expect(readFileSync(path, 'utf8')).toContain('"feature 1"');
    writeFileSync(path, card);
    expect(await run(check)).toContain('all can be served');
    const server = await place.serve('npm start');
    expect(JSON.parse(await run(ask))).toEqual({
      ...JSON.parse(answer),
      time_ms: expect.any(Number),
    });
    await server.stop();
    await run(remove);
    expect(bundle()).toBe(before);
  });
});
