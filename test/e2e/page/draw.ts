import type { Page } from 'playwright-core';

/** Draws a line with the mouse on the pad: from the first place over all others, in parts of its width and height. */
export async function draw(page: Page, line: readonly (readonly [number, number])[]) {
  const pad = page.locator('canvas.pad');
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  if (!box) throw new Error('there is no pad to draw on');
  const [first = [0, 0], ...rest] = line.map(
    ([x, y]) => [box.x + x * box.width, box.y + y * box.height] as const,
  );
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const place of rest) await page.mouse.move(...place, { steps: 12 });
  await page.mouse.up();
}

/** As most people write it, without a bar. */
export const SEVEN = [
  [0.3, 0.2],
  [0.7, 0.2],
  [0.45, 0.82],
] as const;
