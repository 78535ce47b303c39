import type { Browser } from 'playwright-core';
import { Kafka, logLevel, type Admin, type Producer } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type Broker } from '../../src/main/start-broker.ts';
import { describeInBrowser, launchBrowser } from './support/chromium.ts';
import { ConsolePage } from './support/console-page.ts';

const TOPICS = 1000;
const MESSAGES = 100_000;
const BATCH = 10_000;
/** More than fit into the window, with those that are kept ready around it. */
const ROWS_MAX = 60;
const HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>';

describeInBrowser('much and hostile content in the console', () => {
  let browser: Browser;
  let broker: Broker;
  let admin: Admin;
  let producer: Producer;

  beforeAll(async () => {
    browser = await launchBrowser();
    broker = await startBroker({ httpPort: 0 });
    const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
    admin = kafka.admin();
    await admin.connect();
    producer = kafka.producer();
    await producer.connect();
  });
  afterAll(async () => {
    await browser.close();
    await producer.disconnect();
    await admin.disconnect();
    await broker.stop();
  });

  const open = (path: string) => ConsolePage.open(browser, broker.http!, { path });

  test('1,000 topics are few rows in the document', async () => {
    const topics = Array.from({ length: TOPICS }, (_, at) => ({ topic: nameOf(at) }));
    await admin.createTopics({ topics });
    await using console = await open('topics');
    const { page } = console;
    const list = page.getByRole('table', { name: 'Topics' });
    // The row of heads is one of them.
    expect(await list.getAttribute('aria-rowcount')).toBe(String(TOPICS + 1));
    expect(await list.getByRole('columnheader').count()).toBe(5);
    const rows = page.locator('.topic-line');
    await page.getByText(nameOf(0)).waitFor();
    expect(await rows.count()).toBeLessThan(ROWS_MAX);
    await list.locator('.vlist').press('End');
    await page.getByText(nameOf(TOPICS - 1)).waitFor();
    expect(await rows.count()).toBeLessThan(ROWS_MAX);
    await page.locator('input[data-search]').fill('0777');
    await expect.poll(() => rows.allInnerTexts()).toHaveLength(1);
    console.expectNoProblems();
  });

  test('of 100,000 messages those in sight are there, and others come', async () => {
    await admin.createTopics({ topics: [{ topic: 'many' }] });
    for (let from = 0; from < MESSAGES; from += BATCH) {
      const messages = Array.from({ length: BATCH }, (_, at) => ({
        value: `message ${from + at}`,
      }));
      await producer.send({ topic: 'many', messages });
    }
    await using console = await open('topics/many/messages');
    const { page } = console;
    const rows = page.locator('.record-line');
    await page.getByText(`message ${MESSAGES - 1}`, { exact: true }).waitFor();
    const list = page.getByRole('table', { name: 'Messages' });
    await list.locator('.vlist').press('Home');
    // The first page was 200 messages: what comes before it is loaded above, and moves nothing.
    await expect.poll(() => list.getAttribute('aria-rowcount')).toBe('400');
    await page.getByText(`message ${MESSAGES - 200}`, { exact: true }).waitFor();
    await list.locator('.vlist').press('Home');
    await page.getByText(`message ${MESSAGES - 400}`, { exact: true }).waitFor();
    expect(await rows.count()).toBeLessThan(ROWS_MAX);
    await page.locator('select[name=from]').selectOption('offset');
    await page.locator('input[name=offset]').fill('50000');
    await page.getByRole('button', { name: 'Go' }).click();
    await page.getByText('message 50000', { exact: true }).waitFor();
    console.expectNoProblems();
  });

  test('what strangers write is shown as text', async () => {
    await admin.createTopics({ topics: [{ topic: 'hostile' }] });
    const headers = { [HOSTILE]: HOSTILE };
    const json = JSON.stringify({ [HOSTILE]: HOSTILE, __proto__: { polluted: true } });
    await producer.send({
      topic: 'hostile',
      messages: [
        { key: HOSTILE, value: HOSTILE, headers },
        { key: HOSTILE, value: json, headers },
        { value: Buffer.from([0xff, 0xfe, 0, 1]), headers },
      ],
    });
    const groupId = `${HOSTILE}/../%2e?#`;
    await admin.setOffsets({
      groupId,
      topic: 'hostile',
      partitions: [{ partition: 0, offset: '0' }],
    });
    await using console = await open('topics/hostile/messages');
    const { page } = console;
    const rows = page.locator('.record-line');
    for (const at of [0, 1, 2]) {
      await rows.nth(at).click();
      await page.getByRole('complementary', { name: `offset ${at}` }).waitFor();
      await page.locator('.headers').getByText(HOSTILE).first().waitFor();
    }
    await console.goTo('groups');
    await page.getByRole('link', { name: groupId }).click();
    await page.getByRole('heading', { name: groupId }).waitFor();
    await page.getByText('hostile', { exact: true }).waitFor();
    expect(await page.locator('img, main script').count()).toBe(0);
    console.expectNoProblems();
  });
});

function nameOf(at: number): string {
  return `topic-${String(at).padStart(4, '0')}`;
}
