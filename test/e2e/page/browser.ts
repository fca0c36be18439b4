import axe, { type AxeResults } from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's Chromium. Its sandbox wants a user that is not root, and every page here is our own. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
}

/** A page in a browser, and everything that went wrong on it so far. */
export interface Visit {
  readonly page: Page;
  /** What stood in the console as an error or warning, was thrown, or was asked of another host. */
  readonly faults: readonly string[];
}

/** Opens an address in a window of its own, which shares nothing with others. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const { host } = new URL(url);
  const faults: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => {
    const target = new URL(request.url());
    // What a page carries in itself is asked of nobody.
    if (target.protocol !== 'data:' && target.host !== host) faults.push(`asked ${target.href}`);
  });
  await page.goto(url);
  return { page, faults };
}

/** What axe finds wrong with a page for people who cannot see or point, a line for each. */
export async function findBarriers(page: Page): Promise<string[]> {
  // By the debugger's way in, which the page's own Content-Security-Policy does not close.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  );
}
