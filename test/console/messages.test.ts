import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type Broker } from '../../src/main/start-broker.ts';
import { describeInBrowser, launchBrowser } from './support/chromium.ts';
import { ConsolePage } from './support/console-page.ts';

describeInBrowser('messages in the console', () => {
  let browser: Browser;
  let broker: Broker;

  beforeAll(async () => {
    browser = await launchBrowser();
    broker = await startBroker({ httpPort: 0 });
  });
  afterAll(async () => {
    await browser.close();
    await broker.stop();
  });

  const open = (path?: string) =>
    ConsolePage.open(browser, broker.http!, path === undefined ? {} : { path });

  test('a topic is created, produced to, seen live, and browsed by offset', async () => {
    await using producing = await open();
    const { page } = producing;
    await page.getByRole('button', { name: 'Create topic' }).click();
    await page.locator('input[name=topic]').fill('orders');
    await page.locator('input[name=partitions]').fill('2');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('heading', { name: 'orders' }).waitFor();

    await using watching = await open('topics/orders/tail');
    await watching.page.getByText('Live', { exact: true }).waitFor();

    await page.getByRole('link', { name: 'Produce', exact: true }).click();
    await page.locator('select[name=partition]').selectOption('1');
    for (const number of [1, 2, 3]) {
      await page.locator('input[name=key]').fill(`k${number}`);
      await page.locator('textarea[name=value]').fill(`{"number": ${number}, "ok": true}`);
      await page.getByRole('button', { name: 'Produce', exact: true }).click();
      await page.getByRole('link', { name: `Partition 1, offset ${number - 1}` }).waitFor();
    }
    const line = watching.page.getByRole('button', { name: /1\/2 .*k3.*"number":3/ });
    await line.waitFor();

    await page.getByRole('link', { name: 'Messages' }).click();
    await page.locator('select[name=partition]').selectOption('1');
    await page.locator('select[name=from]').selectOption('offset');
    await page.locator('input[name=offset]').fill('1');
    await page.getByRole('button', { name: 'Go' }).click();
    const rows = page.locator('.record-line');
    await expect.poll(() => rows.allInnerTexts()).toHaveLength(2);
    await rows.first().click();
    await page.getByRole('complementary', { name: 'Partition 1, offset 1' }).waitFor();
    expect(await page.locator('.json').innerText()).toBe('{\n  "number": 2,\n  "ok": true\n}');
    await page.getByRole('group', { name: 'How to show the value' }).getByText('Hex').click();
    await page.getByText('7b 22 6e 75  6d 62 65 72').waitFor();
    producing.expectNoProblems();
    watching.expectNoProblems();
  });

  test('a value that is no JSON is not sent', async () => {
    await using console = await open('topics/orders/produce');
    const { page } = console;
    const produce = page.getByRole('button', { name: 'Produce', exact: true });
    await page.locator('textarea[name=value]').fill('{"number": ');
    await page.locator('.check-line.wrong').waitFor();
    expect(await produce.isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Text', exact: true }).click();
    expect(await produce.isDisabled()).toBe(false);
    console.expectNoProblems();
  });

  test('a search finds a message by what is in it', async () => {
    await using console = await open('topics/orders/messages');
    const { page } = console;
    await page.getByLabel('Where to look').selectOption('path');
    await page.locator('input[data-search]').fill('$.number = 2');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('Found 1 message').waitFor();
    expect(await page.locator('.record-line').innerText()).toContain('k2');
    console.expectNoProblems();
  });

  test('the live tail pauses, and shows what came meanwhile when it goes on', async () => {
    await using console = await open('topics/orders/tail');
    const { page } = console;
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await produce('orders', 'while paused');
    await page.getByText('1 waiting').waitFor();
    expect(await page.locator('.record-line').count()).toBe(0);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('while paused').waitFor();
    console.expectNoProblems();
  });

  test('a setting is changed, and given back to the broker', async () => {
    await using console = await open('topics/orders/configs');
    const { page } = console;
    await page.getByRole('button', { name: 'Edit retention.ms' }).click();
    await page.locator('input[name=value]').fill('12345');
    await page.getByRole('button', { name: 'Save' }).click();
    const own = page.locator('.setting').filter({ hasText: 'own' });
    await expect.poll(() => own.allInnerTexts()).toEqual([expect.stringContaining('12345')]);
    await page.getByRole('button', { name: 'Edit retention.ms' }).click();
    await page.getByRole('button', { name: 'Use the default' }).click();
    await expect.poll(() => own.count()).toBe(0);
    console.expectNoProblems();
  });

  test('a topic is deleted once its name is typed', async () => {
    await using console = await open('topics/orders/partitions');
    const { page } = console;
    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog');
    const really = dialog.getByRole('button', { name: 'Delete' });
    expect(await really.isDisabled()).toBe(true);
    await page.locator('input[name=confirm]').fill('orders');
    await really.click();
    await page.getByText('No topics yet').waitFor();
    console.expectNoProblems();
  });

  async function produce(topic: string, text: string): Promise<void> {
    const path = `/v3/clusters/${broker.clusterId}/topics/${topic}/records`;
    const response = await fetch(`${broker.http}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value: { type: 'STRING', data: text } }),
    });
    expect(response.status).toBe(200);
  }
});
