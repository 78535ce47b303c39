import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { sendEventStream } from '../../../../src/adapters/transport/http/tail/event-stream.ts';
import { liveEvents } from '../../../../src/adapters/transport/http/tail/live-events.ts';
import { LiveTail } from '../../../../src/adapters/transport/http/tail/live-tail.ts';
import type { TailItem } from '../../../../src/domain/use-cases/tail-topic.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { VirtualTime } from '../../../support/virtual-time.ts';

const record = { offset: 0, timestamp: 0, key: null, value: null, headers: [] };

/** A good record, and one that nobody can show. */
async function* items(): AsyncGenerator<TailItem, void, undefined> {
  yield { kind: 'started', positions: new Map() };
  yield { kind: 'record', partition: 0, record };
  yield { kind: 'record', partition: 0, record: { ...record, headers: null as never } };
}

test('a record that cannot be shown ends the stream with why, after those before it', async () => {
  const logger = new RecordingLogger();
  const tail = new LiveTail();
  await tail.begin(items());
  const body = new PassThrough();
  const response = Object.assign(body, { writeHead: () => body, socket: null });
  await sendEventStream(response as unknown as ServerResponse, {
    ...{ tail, events: liveEvents(tail, 'auto', logger), timers: new VirtualTime() },
  });
  const lines = String(Buffer.concat(await body.toArray())).split('\n');
  expect(lines.filter(line => /^(event|id)/.test(line))).toEqual([
    'event: started',
    'id: 0-0',
    'event: failure',
  ]);
  expect(lines).toContain('data: {"error_code":500,"message":"the broker failed"}');
});

test('what was told before a stream breaks is sent', async () => {
  const tail = new LiveTail();
  const body = new PassThrough();
  const response = Object.assign(body, { writeHead: () => body, socket: null });
  async function* events() {
    yield { name: null, id: '0-0', data: '{"a":1}' };
    throw new Error('it breaks');
  }
  const sent = sendEventStream(response as unknown as ServerResponse, {
    ...{ tail, events: events(), timers: new VirtualTime() },
  });
  await expect(sent).rejects.toThrow('it breaks');
  expect(String(Buffer.concat(await body.toArray()))).toContain('data: {"a":1}\n\n');
});
