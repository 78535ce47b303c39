import type { Browser } from 'playwright-core';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type Broker } from '../../src/main/start-broker.ts';
import { describeInBrowser, launchBrowser } from './support/chromium.ts';
import { ConsolePage } from './support/console-page.ts';

const RECORDS = 500;

describeInBrowser('groups in the console', () => {
  let browser: Browser;
  let broker: Broker;
  let kafka: Kafka;

  beforeAll(async () => {
    browser = await launchBrowser();
    broker = await startBroker({ httpPort: 0 });
    kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 2 }] });
    const partitions = [0, 1].map(partition => ({ partition, offset: '0' }));
    await admin.setOffsets({ groupId: 'billing', topic: 'orders', partitions });
    await admin.disconnect();
    const producer = kafka.producer();
    await producer.connect();
    const messages = Array.from({ length: RECORDS }, (_, at) => ({
      value: `v${at}`,
      partition: at % 2,
    }));
    await producer.send({ topic: 'orders', messages });
    await producer.disconnect();
  });
  afterAll(async () => {
    await browser.close();
    await broker.stop();
  });

  test('the lag of a group falls to zero as it reads', async () => {
    await using console = await ConsolePage.open(browser, broker.http!, { path: 'groups/billing' });
    const { page } = console;
    const lag = page.locator('.stat').filter({ hasText: 'Lag' }).locator('dd');
    await expect.poll(() => lag.innerText()).toBe('500');
    expect(await page.locator('.lag-line').allInnerTexts()).toEqual([
      expect.stringMatching(/orders\s+0\s+0\s+250\s+250/),
      expect.stringMatching(/orders\s+1\s+0\s+250\s+250/),
    ]);
    const consumer = kafka.consumer({ groupId: 'billing' });
    await consumer.connect();
    await consumer.subscribe({ topics: ['orders'] });
    await consumer.run({ eachMessage: async () => undefined });
    await expect.poll(() => lag.innerText(), { timeout: 20_000 }).toBe('0');
    await page.locator('.member-card').getByText('orders: 0, 1').waitFor();

    // It has a member now, who would go on where it is.
    await seekToStart(console);
    await page.getByRole('alert').getByText('stop its members first').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await consumer.disconnect();
    await page.getByText('Nobody is reading.').waitFor();

    await seekToStart(console);
    const moves = page.locator('.moves tbody tr');
    await expect
      .poll(() => moves.allInnerTexts())
      .toEqual([
        expect.stringMatching(/orders 0\s+250\s+0/),
        expect.stringMatching(/orders 1\s+250\s+0/),
      ]);
    expect(await lag.innerText()).toBe('0');
    await page.getByRole('button', { name: 'Move them' }).click();
    await expect.poll(() => lag.innerText()).toBe('500');
    // The refusal of the move is an answer that the browser notes.
    console.expectProblems([/409/]);
  });

  async function seekToStart({ page }: ConsolePage): Promise<void> {
    await page.getByRole('button', { name: 'Move offsets' }).click();
    await page.getByRole('button', { name: 'Show what would move' }).click();
  }
});
