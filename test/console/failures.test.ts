import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type Broker } from '../../src/main/start-broker.ts';
import { HttpClient } from '../support/http-client.ts';
import { describeInBrowser, launchBrowser } from './support/chromium.ts';
import { ConsolePage } from './support/console-page.ts';

const RECORDS = 450;
const TAIL = /\/topics\/orders\/tail/;
const PAGES = /\/v1\/topics\/orders\/records/;
const BUSY = { status: 503, json: { error_code: 50301, message: 'the broker is starting' } };

/** A stream that tells a record of `orders`, and then that it cannot go on. */
const BROKEN_STREAM = {
  contentType: 'text/event-stream',
  body: [
    `id: 0-0\ndata: ${JSON.stringify(recordWith('before it broke'))}\n\n`,
    'event: failure\ndata: {"message": "the log is damaged"}\n\n',
  ].join(''),
};

describeInBrowser('what goes wrong under the hands of the console', () => {
  let browser: Browser;
  let broker: Broker;
  let http: HttpClient;

  beforeAll(async () => {
    browser = await launchBrowser();
    broker = await startBroker({ httpPort: 0 });
    http = new HttpClient(broker.http);
    const topics = `/v3/clusters/${broker.clusterId}/topics`;
    await http.ask(`POST ${topics}`, { body: { topic_name: 'orders', partitions_count: 1 } });
    const records = Array.from({ length: RECORDS }, (_, at) => ({ value: `v${at}` }));
    const headers = { 'content-type': 'application/vnd.kafka.json.v2+json' };
    const body = JSON.stringify({ records });
    expect((await http.ask('POST /topics/orders', { headers, body })).status).toBe(200);
  });
  afterAll(async () => {
    await browser.close();
    await broker.stop();
  });

  const open = (path: string) => ConsolePage.open(browser, broker.http!, { path });
  const alert = (page: Page) => page.locator('.failure-line');

  async function produce(value: string): Promise<void> {
    const path = `POST /v3/clusters/${broker.clusterId}/topics/orders/records`;
    const { status } = await http.ask(path, { body: { value: { type: 'STRING', data: value } } });
    expect(status).toBe(200);
  }

  test('a broker that is starting again is asked again', async () => {
    await using console = await open('topics');
    const { page } = console;
    await page.route(TAIL, route => route.fulfill(BUSY), { times: 2 });
    await page.goto(`${broker.http}/#/topics/orders/tail`);
    await page.getByText('the broker is starting').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.getByText('the broker is starting').count()).toBe(0);
    console.expectProblems([/503/, /503/]);
  });

  test('a live tail that ends says why above what it has read, and begins anew', async () => {
    await using console = await open('topics');
    const { page } = console;
    await page.route(TAIL, route => route.fulfill(BROKEN_STREAM), { times: 1 });
    await page.goto(`${broker.http}/#/topics/orders/tail`);
    await page.getByText('before it broke').waitFor();
    expect(await alert(page).innerText()).toContain('the log is damaged');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.getByText('before it broke').count()).toBe(0);
    expect(await alert(page).count()).toBe(0);
    console.expectNoProblems();
  });

  test('a search that breaks off does not look whole', async () => {
    await using console = await open('topics/orders/messages');
    const { page } = console;
    await page.route(TAIL, route => route.fulfill(BROKEN_STREAM), { times: 1 });
    await page.locator('input[data-search]').fill('v44');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('Found 1 message before it ended').waitFor();
    expect(await alert(page).innerText()).toContain('the log is damaged');
    await page.getByRole('button', { name: 'Try again' }).click();
    // v44, and v440 to v449.
    await page.getByText('Found 11 messages', { exact: true }).waitFor();
    expect(await alert(page).count()).toBe(0);
    console.expectNoProblems();
  });

  test('a page of messages that cannot be read is read when one says so', async () => {
    await using console = await open('topics/orders/messages');
    const { page } = console;
    await page.getByText('250 to 449 of').waitFor();
    await page.route(PAGES, route => route.fulfill(BUSY), { times: 1 });
    await page.getByRole('button', { name: 'Load older messages' }).click();
    await alert(page).getByText('the broker is starting').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('50 to 449 of').waitFor();
    expect(await alert(page).count()).toBe(0);
    console.expectProblems([/503/]);
  });

  test('a live tail that nobody sees lets go, and misses nothing', async () => {
    await using console = await open('topics/orders/tail');
    const { page } = console;
    await page.getByText('Live', { exact: true }).waitFor();
    await produce('while seen');
    await page.getByText('while seen').waitFor();
    const gone = page.waitForEvent('requestfailed', request => TAIL.test(request.url()));
    await see(page, false);
    await gone;
    await produce('while hidden');
    const resumed = page.waitForRequest(TAIL);
    await see(page, true);
    expect((await resumed).url()).toContain(`last_event_id=0-${RECORDS}`);
    await page.getByText('while hidden').waitFor();
    const values = await page.locator('.record-line').allInnerTexts();
    expect(values).toHaveLength(2);
    expect(values[0]).toContain('while seen');
    expect(values[1]).toContain('while hidden');
    console.expectNoProblems();
  });

  test('a number that JavaScript has not is written as it was typed', async () => {
    await using console = await open('topics/orders/produce');
    const { page } = console;
    await page.locator('textarea[name=value]').fill('{"id": 9007199254740993}');
    await page.getByRole('button', { name: 'Produce', exact: true }).click();
    const link = page.getByRole('link', { name: /^Partition 0, offset/ });
    const offset = /\d+$/.exec(await link.innerText())![0];
    const path = `/v1/topics/orders/records?from=${offset}&limit=1&format=string`;
    const { records } = await http.get<{ records: { value: { data: string } }[] }>(path);
    expect(records[0]!.value.data).toBe('{"id": 9007199254740993}');
    console.expectNoProblems();
  });
});

/** What a tab is told when another one comes before it, or it comes back. */
async function see(page: Page, isSeen: boolean): Promise<void> {
  await page.evaluate(
    `Object.defineProperty(document, 'hidden', { configurable: true, value: ${!isSeen} });` +
      `document.dispatchEvent(new Event('visibilitychange'));`,
  );
}

function recordWith(text: string): object {
  const nothing = { type: 'null', data: null, size: 0 };
  const value = { type: 'string', data: text, size: text.length };
  return { partition: 0, offset: 0, timestamp: 0, key: nothing, value, headers: [] };
}
