import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startBroker, type Broker } from '../../src/main/start-broker.ts';
import { describeInBrowser, launchBrowser } from './support/chromium.ts';
import { ConsolePage, PHONE } from './support/console-page.ts';

const LONG = 'a.topic-with_a.very.long.name.'.repeat(8).slice(0, 240);
const PAGES = [
  'topics',
  `topics/${LONG}/messages`,
  `topics/${LONG}/tail`,
  `topics/${LONG}/produce`,
  `topics/${LONG}/partitions`,
  `topics/${LONG}/configs`,
  'groups',
  'broker',
];

describeInBrowser('the looks of the console', () => {
  let browser: Browser;
  let broker: Broker;

  beforeAll(async () => {
    browser = await launchBrowser();
    broker = await startBroker({ httpPort: 0 });
    const topics = `${broker.http}/v3/clusters/${broker.clusterId}/topics`;
    await post(topics, { topic_name: LONG, partitions_count: 3 });
    const value = { type: 'STRING', data: 'x'.repeat(5000) };
    await post(`${topics}/${LONG}/records`, { partition_id: 0, value });
  });
  afterAll(async () => {
    await browser.close();
    await broker.stop();
  });

  const open = (options: Parameters<typeof ConsolePage.open>[2] = {}) =>
    ConsolePage.open(browser, broker.http!, options);

  test.each(['light', 'dark'] as const)('no page is wider than a phone, %s', async colorScheme => {
    await using console = await open({ colorScheme, viewport: PHONE });
    for (const path of PAGES) {
      await console.goTo(path);
      await console.page.locator('.loading').waitFor({ state: 'detached' });
      expect([path, await console.overflow()]).toEqual([path, 0]);
    }
    console.expectNoProblems();
  });

  test('the theme is that of the system until another is chosen, which stays', async () => {
    await using console = await open({ colorScheme: 'dark' });
    const dark = await console.color('body');
    await console.page.getByRole('button', { name: 'Use the light theme' }).click();
    const light = await console.color('body');
    expect(light).not.toBe(dark);
    await console.page.reload();
    await console.page.locator('main h1').waitFor();
    expect(await console.color('body')).toBe(light);
    await console.page.getByRole('button', { name: 'Use the dark theme' }).click();
    expect(await console.color('body')).toBe(dark);
    console.expectNoProblems();
  });

  test('everything is reached by the keyboard', async () => {
    await using console = await open();
    const { page } = console;
    const focused = (): Promise<string> => page.evaluate('document.activeElement.textContent');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.keyboard.press('/');
    await page.keyboard.type('long');
    expect(await page.locator('input[data-search]').inputValue()).toBe('long');
    await page.locator('.topic-line a').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: LONG }).waitFor();
    await page.locator('.record-line').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary').waitFor();
    await page.getByRole('button', { name: 'Delete' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toContain('Delete');
    console.expectNoProblems();
  });

  test('a broker that is gone is a banner, and comes back', async () => {
    const gone = await startBroker({ httpPort: 0 });
    await using console = await ConsolePage.open(browser, gone.http!);
    const { page } = console;
    await page.getByText('No topics yet').waitFor();
    const banner = page.getByRole('alert').filter({ hasText: 'The broker does not answer' });
    await gone.stop();
    await banner.waitFor();
    const httpPort = Number(new URL(gone.http!).port);
    const back = await startBroker({ httpPort });
    onTestFinished(() => back.stop());
    await page.getByRole('button', { name: 'Retry now' }).click();
    await banner.waitFor({ state: 'detached' });
  });

  test('nothing is asked while the page is hidden', async () => {
    await using console = await open();
    const { page } = console;
    const asked: string[] = [];
    page.on('request', request => asked.push(request.url()));
    await page.waitForRequest(/overview/);
    await page.clock.install();
    await page.evaluate(HIDE);
    await page.waitForLoadState('networkidle');
    asked.length = 0;
    await page.clock.runFor(60_000);
    expect(asked).toEqual([]);
    await page.evaluate(SHOW);
    await expect.poll(() => asked.length).toBeGreaterThan(0);
  });
});

const VISIBILITY = (hidden: boolean): string =>
  `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
   document.dispatchEvent(new Event('visibilitychange'))`;
const HIDE = VISIBILITY(true);
const SHOW = VISIBILITY(false);

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
}
