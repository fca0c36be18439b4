import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type NodeTarget, startNode } from '../helpers/targets.ts';
import { launchChromium, visit } from './page/browser.ts';
import { draw, SEVEN } from './page/draw.ts';

/** The page while what it shows changes: models that come, go and break, answers that are late, servers that are others. */

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

let models: string;
let target: NodeTarget;
beforeEach(async () => {
  models = mkdtempSync(join(tmpdir(), 'kilat-page-'));
  put('digits', 'model/digits/1/model.onnx', 'model/digits/model.json');
  target = await startNode({ MODEL_REPOSITORY: models, MODEL_POLL_SECONDS: '1' });
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await target.stop();
  rmSync(models, { recursive: true });
});

function put(name: string, graph: string, card?: string, version = '1'): void {
  mkdirSync(join(models, name, version), { recursive: true });
  if (card) cpSync(card, join(models, name, 'model.json'));
  cpSync(graph, join(models, name, version, 'model.onnx'));
}

/** Waits until models that were put there can be asked. */
const areServed = (...names: string[]) =>
  vi.waitFor(
    async () => {
      for (const name of names) {
        expect((await target.fetch(`/models/${name}`)).status).toBe(200);
      }
    },
    { timeout: 20_000, interval: 200 },
  );

const predictButton = (page: Page) => page.getByRole('button', { name: 'Predict' });
const result = (page: Page) => page.getByRole('region', { name: 'Answer' });
const NOTHING = 'What the model says comes here.';

/** Holds requests back until they are let go. */
async function hold(page: Page, address: RegExp) {
  const { promise: held, resolve: arrived } = Promise.withResolvers<Route>();
  await page.route(address, (route) => arrived(route), { times: 1 });
  return { letGo: async () => (await held).continue(), arrived: held };
}

describe('the page', () => {
  it('shows the answer of the version that was asked, whichever is chosen meanwhile', async () => {
    put('digits', 'model/digits/1/model.onnx', undefined, '2');
    const { page, faults } = await visit(browser, `${target.url}/#digits`);
    await page.getByLabel('Version').waitFor();
    await page.getByText('Rows', { exact: true }).click();
    const first = await hold(page, /digits\/predict/);
    await predictButton(page).click();
    await first.arrived;
    await page.getByLabel('Version').selectOption('1');
    await predictButton(page).click();
    await first.letGo();
    await result(page).getByText('digits v1').waitFor();
    const call = page.getByRole('region', { name: 'The same call from a program' });
    expect(await call.locator('pre').textContent()).toContain('/models/digits/versions/1/predict');
    // The chosen one goes; the form asks the one that is left.
    rmSync(join(models, 'digits/1'), { recursive: true });
    await page.getByLabel('Version').waitFor({ state: 'detached' });
    await predictButton(page).click();
    await result(page).getByText('digits v2').waitFor();
    expect(faults).toEqual([]);
  });

  it('forgets what was asked before it was cleared', async () => {
    const { page } = await visit(browser, `${target.url}/#digits`);
    await page.locator('canvas.pad').waitFor();
    await hold(page, /predict/);
    await draw(page, SEVEN);
    await page.getByText('Asking …').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText(NOTHING).waitFor();
    // Nobody waits for the one that is never answered.
    await draw(page, [
      [0.5, 0.2],
      [0.5, 0.8],
    ]);
    await result(page).getByText('digits v1').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText(NOTHING).waitFor();
  });

  it('asks about a drawing again where its answer would be another one', async () => {
    put('digits', 'model/digits/1/model.onnx', undefined, '2');
    const { page, faults } = await visit(browser, `${target.url}/#digits`);
    await page.getByLabel('Version').waitFor();
    await draw(page, SEVEN);
    await result(page).getByText('digits v2').waitFor();
    await page.getByLabel('Version').selectOption('1');
    await result(page).getByText('digits v1').waitFor();
    await page.getByText('Rows', { exact: true }).click();
    await page.getByText(NOTHING).waitFor();
    await page.getByText('Draw', { exact: true }).click();
    await result(page).getByText('digits v1').waitFor();
    expect(await result(page).locator('.verdict').textContent()).toBe('7');
    expect(faults).toEqual([]);
  });

  it('ends a stroke with Clear, and shows no answer of a drawing elsewhere', async () => {
    const { page } = await visit(browser, `${target.url}/#digits`);
    const pad = page.locator('canvas.pad');
    await pad.hover({ position: { x: 80, y: 60 } });
    await page.mouse.down();
    await pad.hover({ position: { x: 180, y: 60 } });
    await result(page).locator('.verdict').waitFor();
    await page.getByRole('button', { name: 'Clear' }).evaluate((button) => {
      (button as unknown as { click(): void }).click();
    });
    await page.getByText(NOTHING).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') asked.push(request.url());
    });
    await pad.hover({ position: { x: 180, y: 160 } });
    await page.mouse.up();
    await page.evaluate('new Promise(requestAnimationFrame)');
    expect(asked).toEqual([]);
    // The frame that shows a stroke comes after the tab.
    await page.evaluate(`{
      const pad = document.querySelector('canvas.pad');
      const { left, top } = pad.getBoundingClientRect();
      const at = { clientX: left + 90, clientY: top + 90, bubbles: true, pointerId: 1, button: 0 };
      pad.setPointerCapture = () => {};
      for (const type of ['pointerdown', 'pointermove', 'pointerup']) {
        pad.dispatchEvent(new PointerEvent(type, at));
      }
      [...document.querySelectorAll('.segments label')].find(({ textContent }) => textContent === 'Fields').click();
    }`);
    await page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))',
    );
    expect(asked).toEqual([]);
    await page.getByText(NOTHING).waitFor();
  });

  it('is drawn on by one finger, whatever else lies on the pad', async () => {
    const { page } = await visit(browser, `${target.url}/#digits`, { hasTouch: true });
    const pad = page.locator('canvas.pad');
    await pad.scrollIntoViewIfNeeded();
    const box = await pad.boundingBox();
    if (!box) throw new Error('there is no pad to draw on');
    const place = ([x, y]: readonly [number, number], id: number) => ({
      x: box.x + x * box.width,
      y: box.y + y * box.height,
      id,
    });
    const debug = await page.context().newCDPSession(page);
    const touch = (
      type: 'touchStart' | 'touchMove' | 'touchEnd',
      touchPoints: ReturnType<typeof place>[],
    ) => debug.send('Input.dispatchTouchEvent', { type, touchPoints });
    const [start, ...rest] = SEVEN;
    await touch('touchStart', [place(start, 0)]);
    await touch('touchStart', [place(start, 0), place([0.9, 0.9], 1)]);
    for (const [x, y] of rest) {
      await touch('touchMove', [place([x, y], 0), place([1 - x, 0.9], 1)]);
    }
    await touch('touchEnd', []);
    await result(page).locator('.verdict').getByText('7', { exact: true }).waitFor();
  });

  it('shows no answer beside rows that it is not of, and counts rows from one', async () => {
    put('diabetes', 'model/diabetes/1/model.onnx', 'model/diabetes/model.json');
    await areServed('diabetes');
    const { page } = await visit(browser, `${target.url}/#diabetes`);
    await page.getByText('Rows', { exact: true }).click();
    const rows = page.getByLabel('Rows, as CSV or JSON');
    const row = '59,2,32.1,101,157,93.2,38,4,4.8598,87';
    await rows.fill(`${row}\n${row}`);
    await predictButton(page).click();
    await result(page).getByRole('row', { name: '2 2' }).waitFor();
    await rows.fill(`${row}\n57,2`);
    await predictButton(page).click();
    await page.getByText('row 2: expected 10 values, got 2', { exact: true }).waitFor();
    await page.getByText(NOTHING).waitFor();
    await rows.fill(`${row}\n${row.replace('59', 'x')}`);
    await page.getByText('row 2: expected').waitFor({ state: 'detached' });
    await predictButton(page).click();
    await result(page)
      .getByText("row 2, feature 'age': expected a number", { exact: false })
      .first()
      .waitFor();
  });

  it('reads out and shows no more of an answer than anybody wants', async () => {
    put('matrix', 'test/models/matrix.onnx');
    await areServed('matrix');
    const { page } = await visit(browser, `${target.url}/#matrix`);
    const values = JSON.stringify(Array(20_000).fill(0.123456));
    await page.getByLabel('Rows, as CSV or JSON').fill(`[${values}, ${values}]`);
    await predictButton(page).click();
    await result(page).getByText('matrix v1').waitFor();
    const answer = page.locator('.answer');
    expect((await answer.textContent())?.length).toBeLessThan(25_000);
  });

  it('keeps what was typed while models change, and shows the card as it is now', async () => {
    put('diabetes', 'model/diabetes/1/model.onnx', 'model/diabetes/model.json');
    const { page } = await visit(browser, `${target.url}/#diabetes`);
    const age = page.getByLabel('age', { exact: true });
    await age.fill('33');
    const card = JSON.parse(readFileSync('model/diabetes/model.json', 'utf8')) as object;
    writeFileSync(
      join(models, 'diabetes/model.json'),
      JSON.stringify({ ...card, description: 'As it is now.' }),
    );
    await page.getByText('As it is now.').waitFor();
    expect(await age.inputValue()).toBe('33');
    await page.getByText('Rows', { exact: true }).click();
    await page.getByText('Fields', { exact: true }).click();
    expect(await age.inputValue()).toBe('33');
  });

  it('asks again for a model that could not be described', async () => {
    const { page } = await visit(browser, 'about:blank');
    await page.route(/models\/digits$/, (route) => route.abort());
    await page.goto(target.url);
    await page.getByRole('alert').waitFor();
    await page.unroute(/models\/digits$/);
    await page.locator('canvas.pad').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('says why a model cannot be served, and opens on one that can', async () => {
    put('a-broken', 'test/models/unknown-operator.onnx');
    const { page } = await visit(browser, target.url);
    await page.getByRole('link', { name: /a-broken.*unavailable/ }).waitFor();
    await page.getByRole('heading', { name: 'digits' }).waitFor();
    await page.getByRole('link', { name: /a-broken/ }).click();
    await page.getByText(/v1 is unavailable: .+/).waitFor();
  });

  it('has a form for models with no card, several inputs, or features of any name', async () => {
    put('two-inputs', 'test/models/two-inputs.onnx');
    put('odd', 'test/models/from-one.onnx');
    const names = ['__proto__', '<b>bold</b>', 'x'.repeat(400), 'constructor'];
    const card = {
      name: 'odd',
      task: 'classification',
      features: names.map((name) => ({ name })),
      labels: ['<img src=x onerror=alert(1)>', 'constructor', 'c'],
      outputs: { label: 'label', probabilities: 'probabilities' },
      examples: [[1, 2, 3, 4]],
    };
    writeFileSync(join(models, 'odd/model.json'), JSON.stringify(card));
    await areServed('two-inputs', 'odd');
    const phone = { viewport: { width: 360, height: 740 } };
    const { page, faults } = await visit(browser, `${target.url}/#two-inputs`, phone);
    await predictButton(page).click();
    await result(page).getByText('two-inputs v1').waitFor();
    await page.goto(`${target.url}/#odd`);
    await page.getByLabel('__proto__').waitFor();
    await predictButton(page).click();
    await result(page).getByText('odd v1').waitFor();
    expect(await result(page).getByRole('listitem').count()).toBe(3);
    const sideways = page.locator('html');
    expect(await sideways.evaluate((html) => html.scrollWidth - html.clientWidth)).toBe(0);
    expect(faults).toEqual([]);
  });

  it('brings the answer to a long form into sight, and leaves a form that is wrong where it is', async () => {
    put('long', 'model/breast-cancer/1/model.onnx');
    const card = JSON.parse(readFileSync('model/breast-cancer/model.json', 'utf8'));
    writeFileSync(join(models, 'long/model.json'), JSON.stringify({ ...card, name: 'long' }));
    await areServed('long');
    const phone = { viewport: { width: 360, height: 740 } };
    const { page, faults } = await visit(browser, `${target.url}/#long`, phone);
    const isInSight = (place: Locator) =>
      place.evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return top >= 0 && bottom <= element.ownerDocument.documentElement.clientHeight;
      });
    const first = page.getByLabel('mean radius');
    await first.fill('');
    await predictButton(page).click();
    await page.locator('.field .problem').waitFor();
    await expect.poll(() => isInSight(first)).toBe(true);
    const verdict = result(page).locator('.verdict');
    await first.fill('21.09');
    await predictButton(page).click();
    await verdict.waitFor();
    await expect.poll(() => isInSight(verdict)).toBe(true);
    await expect.poll(() => isInSight(first)).toBe(false);
    expect(faults.filter((fault) => !fault.includes('400'))).toEqual([]);
  });

  it('does without figures where a proxy keeps the metrics to itself', async () => {
    const { page } = await visit(browser, 'about:blank');
    let asked = 0;
    await page.route(/\/metrics$/, (route) => {
      asked++;
      return route.fulfill({ status: 404, body: '' });
    });
    await page.goto(target.url);
    await page.getByRole('heading', { name: 'digits' }).waitFor();
    await page.locator('.live').waitFor({ state: 'detached' });
    expect(asked).toBe(1);
  });

  it('takes no difference between two servers for what one did', async () => {
    const other = await startNode({ MODEL_REPOSITORY: models });
    const row = Array(64).fill(0);
    const busy = { instances: Array(500).fill(row) };
    await fetch(`${other.url}/predict`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(busy),
    });
    const { page } = await visit(browser, 'about:blank');
    let looks = 0;
    await page.route(/\/metrics$/, async (route) => {
      const from = looks++ % 2 === 0 ? target : other;
      const response = await fetch(`${from.url}/metrics`);
      await route.fulfill({ status: 200, body: await response.text() });
    });
    await page.goto(target.url);
    const figure = page.locator('[data-figure="predictionsPerSecond"]');
    await figure.getByText('0.0').waitFor();
    await expect.poll(() => looks, { timeout: 15_000 }).toBeGreaterThan(4);
    expect(await figure.textContent()).toBe('0.0');
    expect(await page.locator('[data-figure="rowsPerRun"]').textContent()).toBe('–');
    await page.context().close();
    await other.stop();
  });

  it('shows no figures as if they were of now while the server is away', async () => {
    const { page } = await visit(browser, target.url);
    const figure = page.locator('[data-figure="predictionsPerSecond"]');
    await figure.getByText('0.0').waitFor();
    await page.route(/\/metrics$/, (route) => route.abort());
    await page.getByText('The server does not answer. Is it running?').waitFor();
    await figure.getByText('–').waitFor();
  });

  it('says so when a server does not answer, be it that nobody refuses', async () => {
    const { page } = await visit(browser, 'about:blank');
    await page.route(/\/metrics$/, () => {});
    await page.goto(target.url);
    await page.getByText('The server does not answer. Is it running?').waitFor();
  });
});
