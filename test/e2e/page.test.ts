import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { percent } from '../../src/quantities.ts';
import { post } from '../helpers/golden.ts';
import { type Settings, type SocketTarget, TARGETS } from '../helpers/targets.ts';
import { findBarriers, launchChromium, visit } from './page/browser.ts';
import { draw, SEVEN } from './page/draw.ts';
import { whileBusy } from './page/load.ts';

/** The page in a browser, as a person meets it, on both runtimes. */

const RUNTIMES = { 'Node server': TARGETS['Node server'], workerd: TARGETS.workerd };

const WINDOWS = [
  { colorScheme: 'light' },
  { colorScheme: 'dark' },
  { colorScheme: 'light', viewport: { width: 360, height: 740 } },
] as const;

/** With these set, the pictures for the README are taken anew. */
const TAKE_PICTURES = process.env.TAKE_PICTURES !== undefined;

const card = z
  .object({
    features: z.array(z.object({ name: z.string() })),
    examples: z.array(z.array(z.number())),
  })
  .parse(JSON.parse(readFileSync('model/diabetes/model.json', 'utf8')));

const answer = z.object({
  predictions: z.array(
    z.object({
      label: z.string().optional(),
      value: z.number().optional(),
      probabilities: z.record(z.string(), z.number()).optional(),
    }),
  ),
});

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
afterAll(() => browser.close());

const predictButton = (page: Page) => page.getByRole('button', { name: 'Predict' });
const result = (page: Page) => page.getByRole('region', { name: 'Answer' });
const verdict = (page: Page) => result(page).locator('.verdict');

const operation = (page: Page) => page.getByRole('button', { name: /POST \/predict / });
const authorize = (page: Page) => page.getByRole('button', { name: 'Authorize' });

const hasFocus = (place: Locator) =>
  place.evaluate((element) => element === element.ownerDocument.activeElement);

/** Goes forth with the Tab key until a place has the focus. */
async function tabTo(place: Locator): Promise<void> {
  for (let steps = 0; steps < 40; steps++) {
    if (await hasFocus(place)) return;
    await place.page().keyboard.press('Tab');
  }
  throw new Error(`the Tab key does not lead to ${place}`);
}

/** How far a page is wider than its window. */
const overhang = (page: Page) =>
  page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth);

/** What stands behind a field for those who do not see it. */
async function describedBy(field: Locator): Promise<string> {
  const ids = (await field.getAttribute('aria-describedby')) ?? '';
  const texts = ids.split(' ').map((id) => field.page().locator(`[id="${id}"]`).textContent());
  return (await Promise.all(texts)).join(' ');
}

describe.each(Object.entries(RUNTIMES))('the page, served by the %s', (name, start) => {
  // The files are the same on both: whoever serves them, what they look like is seen once.
  const windows = name === 'workerd' ? WINDOWS.slice(0, 1) : WINDOWS;
  let target: SocketTarget;
  beforeAll(async () => {
    target = await start({ METRICS_FLUSH_SECONDS: '1' });
  });
  afterAll(() => target.stop());

  const ask = async (model: string, instances: readonly unknown[]) =>
    answer.parse(
      await (
        await target.fetch(`/models/${model}/predict`, post(JSON.stringify({ instances })))
      ).json(),
    );

  it('shows the models, and predicts with the form of one as the server does', async () => {
    const { page, faults } = await visit(browser, target.url);
    await page.getByRole('link', { name: /breast-cancer.*v1 ready/ }).click();
    await page.getByText('accuracy').waitFor();
    await predictButton(page).click();
    const shipped = z
      .object({ examples: z.array(z.array(z.number())) })
      .parse(JSON.parse(readFileSync('model/breast-cancer/model.json', 'utf8')));
    const [expected] = (await ask('breast-cancer', shipped.examples.slice(0, 1))).predictions;
    await verdict(page)
      .getByText(expected?.label ?? 'a label', { exact: true })
      .waitFor();
    for (const [label, share] of Object.entries(expected?.probabilities ?? {})) {
      const bar = result(page).getByRole('listitem').filter({ hasText: label });
      expect(await bar.textContent()).toContain(percent(share));
    }
    expect(await result(page).textContent()).toMatch(
      /inference [\d.]+ ms, there and back [\d.]+ ms/,
    );
    expect(faults).toEqual([]);
  });

  it('takes values from the keyboard alone', async () => {
    const { page, faults } = await visit(browser, `${target.url}/#diabetes`);
    const bmi = page.getByLabel('bmi', { exact: true });
    await bmi.waitFor();
    await bmi.focus();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('32.1');
    await page.keyboard.press('Enter');
    const [example = []] = card.examples;
    const row = example.with(
      card.features.findIndex(({ name }) => name === 'bmi'),
      32.1,
    );
    const [expected] = (await ask('diabetes', [row])).predictions;
    await verdict(page)
      .getByText(String(Number(expected?.value?.toPrecision(6))))
      .waitFor();
    expect(faults).toEqual([]);
  });

  it("shows what the server says of a wrong value at that value's field", async () => {
    const { page } = await visit(browser, `${target.url}/#diabetes`);
    const age = page.getByLabel('age', { exact: true });
    await age.fill('fifty');
    await predictButton(page).click();
    const wrong = page.locator('[aria-invalid="true"]');
    await wrong.waitFor();
    expect(await wrong.count()).toBe(1);
    expect(await age.getAttribute('aria-invalid')).toBe('true');
    expect(await describedBy(age)).toContain('expected a number, got the string "fifty"');
    expect(await age.evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true);

    await age.fill('');
    await predictButton(page).click();
    await page.getByText('expected a value').waitFor();
    expect(await describedBy(age)).toContain('expected a value');
    await age.fill('50');
    await predictButton(page).click();
    await verdict(page).waitFor();
    expect(await wrong.count()).toBe(0);
  });

  it('says when a value is outside what the model was trained on', async () => {
    const { page } = await visit(browser, `${target.url}/#diabetes`);
    await page.getByLabel('age', { exact: true }).fill('140');
    expect(await describedBy(page.getByLabel('age', { exact: true }))).toBe(
      'year, 19 to 79: outside what it was trained on',
    );
  });

  it('reads a seven as it is drawn', async () => {
    const { page, faults } = await visit(browser, `${target.url}/#digits`);
    await page.locator('canvas.pad').waitFor();
    await draw(page, SEVEN);
    await verdict(page).getByText('7', { exact: true }).waitFor();
    expect(await result(page).locator('li[data-most]').textContent()).toMatch(/^7 /);
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('What the model says comes here.').waitFor();
    expect(faults).toEqual([]);
  });

  it('takes rows that were pasted, and shows a prediction of each', async () => {
    const { page } = await visit(browser, `${target.url}/#diabetes`);
    await page.getByText('Rows', { exact: true }).click();
    const lines = [card.features.map(({ name }) => name), ...card.examples].map((row) =>
      row.join(','),
    );
    await page.getByLabel('Rows, as CSV or JSON').fill(lines.join('\n'));
    await predictButton(page).click();
    const { predictions } = await ask('diabetes', card.examples);
    await result(page).getByRole('table').waitFor();
    const cells = await result(page).locator('tbody td').allTextContents();
    expect(cells).toEqual(predictions.map(({ value }) => String(Number(value?.toPrecision(6)))));

    await page.getByLabel('Rows, as CSV or JSON').fill('[[1, 2,');
    await predictButton(page).click();
    await page.getByRole('alert').filter({ hasText: 'is not JSON' }).waitFor();
  });

  it.each([
    ['curl', (text: string) => execFileSync('bash', ['-c', text])],
    [
      'JavaScript',
      (text: string) => execFileSync(process.execPath, ['-e', text, '--input-type=module']),
    ],
    ['Python', (text: string) => execFileSync('python3', ['-c', text])],
  ])('gives the same call in %s, which answers the same', async (language, run) => {
    const { page } = await visit(browser, `${target.url}/#diabetes`);
    await predictButton(page).click();
    const call = page.getByRole('region', { name: 'The same call from a program' });
    await call.getByText(language, { exact: true }).click();
    const printed = run((await call.locator('pre').textContent()) ?? '').toString();
    const shown = Number(await verdict(page).textContent());
    const [, value] = /value['"]?: ?([\d.]+)/.exec(printed) ?? [];
    expect(Number(Number(value).toPrecision(6))).toBe(shown);
  });

  it('shows in figures that move what the server does under load', async () => {
    const { page, faults } = await visit(browser, target.url);
    const figure = (name: string) => page.locator(`[data-figure="${name}"]`);
    await figure('predictionsPerSecond')
      .getByText(/^0\.0$/)
      .waitFor();
    await whileBusy(target, async () => {
      await figure('predictionsPerSecond')
        .getByText(/^(?!0\.0$)[\d.]+$/)
        .waitFor();
      await figure('p99')
        .getByText(/^[\d.]+ ms$/)
        .waitFor();
      await figure('rowsPerRun')
        .getByText(/^[\d.]+$/)
        .waitFor();
    });
    expect(await page.locator('.spark canvas').count()).toBe(5);
    expect(faults).toEqual([]);
  });

  it('has documentation of the API that tries calls', async () => {
    const { page, faults } = await visit(browser, `${target.url}/docs`);
    await page.getByRole('button', { name: /POST \/predict / }).click();
    await page.getByRole('button', { name: 'Execute' }).click();
    const response = page.locator('.live-responses-table .response').first();
    await response.getByText('200', { exact: true }).waitFor();
    expect(await response.textContent()).toContain('"predictions"');
    expect(faults).toEqual([]);
  });

  it.each(windows)('keeps nobody out: %j', async (options) => {
    const { page } = await visit(browser, `${target.url}/#diabetes`, options);
    await page.getByLabel('age', { exact: true }).fill('fifty');
    await predictButton(page).click();
    await page.locator('[aria-invalid="true"]').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.goto(`${target.url}/#digits`);
    await page.locator('canvas.pad').waitFor();
    await draw(page, SEVEN);
    await verdict(page).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    // Nothing has to be scrolled sideways.
    expect(await overhang(page)).toBe(0);
  });

  it.each(windows)('keeps nobody out of the documentation: %j', async (options) => {
    const { page } = await visit(browser, `${target.url}/docs`, options);
    await operation(page).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await operation(page).click();
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.locator('.live-responses-table .response').getByText('"predictions"').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    for (const schema of await page.getByText('Schema', { exact: true }).all())
      await schema.click();
    expect(await findBarriers(page)).toEqual([]);
    expect(await overhang(page)).toBe(0);
    await authorize(page).click();
    const dialog = page.getByRole('dialog', { name: 'Available authorizations' });
    await dialog.waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await dialog.getByLabel('Value').fill('token');
    await dialog.getByRole('button', { name: 'Authorize' }).click();
    await dialog.getByRole('button', { name: 'Logout' }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
  });

  it('has documentation that the keyboard alone can use', async () => {
    const { page, faults } = await visit(browser, `${target.url}/docs`);
    await authorize(page).waitFor();
    await tabTo(authorize(page));
    await page.keyboard.press('Enter');
    const value = page.getByRole('dialog').getByLabel('Value');
    await value.waitFor();
    expect(await hasFocus(value)).toBe(true);
    await page.keyboard.press('Escape');
    await value.waitFor({ state: 'detached' });
    expect(await hasFocus(authorize(page))).toBe(true);

    await tabTo(operation(page));
    await page.keyboard.press('Enter');
    const body = page.getByLabel('Request body');
    await body.waitFor();
    await tabTo(body);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('{"instances": 1}');
    expect(await body.inputValue()).toBe('{"instances": 1}');
    await tabTo(page.getByRole('button', { name: 'Execute' }));
    await page.keyboard.press('Enter');
    await page.locator('.live-responses-table .response').getByText('bad_request').waitFor();
    // An answer of 400 is reported by the browser itself.
    expect(faults).toEqual([expect.stringContaining('400')]);
  });
});

describe.each(Object.entries(RUNTIMES))('the page of the %s, by its settings', (_, start) => {
  const withServer = async (settings: Settings, act: (target: SocketTarget) => Promise<void>) => {
    const target = await start(settings);
    try {
      await act(target);
    } finally {
      await target.stop();
    }
  };

  it('asks for the tokens that the server asks for, and keeps them for the tab alone', async () => {
    await withServer({ API_TOKEN: 'door', METRICS_TOKEN: 'window' }, async (target) => {
      const { page } = await visit(browser, `${target.url}/#diabetes`);
      const forPredictions = page.getByLabel('Predictions ask for a token here.');
      await predictButton(page).click();
      const isMissing = result(page).getByText('The server asks for a token: enter it above.');
      await isMissing.first().waitFor();
      expect(await page.getByText('does not take that token').count()).toBe(0);
      await forPredictions.fill('schlüssel');
      await forPredictions.press('Enter');
      await page.getByRole('alert').filter({ hasText: 'A token is letters' }).waitFor();
      await forPredictions.fill('wrong');
      await forPredictions.press('Enter');
      await forPredictions.waitFor({ state: 'detached' });
      await isMissing.first().waitFor({ state: 'detached' });
      await predictButton(page).click();
      // It was not taken, and so it is asked for again.
      await page.getByRole('alert').filter({ hasText: 'does not take that token' }).waitFor();
      await forPredictions.fill('door');
      await forPredictions.press('Enter');
      await predictButton(page).click();
      await verdict(page).waitFor();

      const forMetrics = page.getByLabel(/holders of its token for metrics/);
      await forMetrics.fill('window');
      await forMetrics.press('Enter');
      await page.locator('[data-figure="predictionsPerSecond"]').waitFor();

      const call = page.getByRole('region', { name: 'The same call from a program' });
      expect(await call.textContent()).toContain('Authorization: Bearer $API_TOKEN');
      expect(await page.content()).not.toContain('door');
      expect(await page.evaluate('localStorage.length')).toBe(0);
      expect(await page.context().cookies()).toEqual([]);
      await page.reload();
      await predictButton(page).click();
      await verdict(page).waitFor();
    });
  });

  it('is not there with PAGE=off', async () => {
    await withServer({ PAGE: 'off' }, async (target) => {
      for (const path of ['/', '/docs', '/assets/page.js']) {
        const response = await target.fetch(path);
        expect(response.status).toBe(404);
        expect(await response.json()).toMatchObject({ code: 'not_found' });
      }
    });
  });
});

describe.runIf(TAKE_PICTURES)('the pictures in the README', () => {
  it.each(['light', 'dark'] as const)('show the page under load: %s', async (colorScheme) => {
    const target = await RUNTIMES['Node server']();
    const options = { colorScheme, viewport: { width: 1200, height: 960 }, deviceScaleFactor: 1.5 };
    const { page } = await visit(browser, `${target.url}/#digits`, options);
    await whileBusy(target, async () => {
      await page.waitForTimeout(40_000);
      await draw(page, SEVEN);
      await verdict(page).getByText('7', { exact: true }).waitFor();
      await page.evaluate('scrollTo(0, 0)');
      await page.screenshot({ path: `docs/page-${colorScheme}.png` });
    });
    await target.stop();
  });
});
