import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { batch } from '../../../support/broker-core.ts';
import { type Reader, take, tailRig, type TailRig } from '../../../support/tail-rig.ts';
import { untilStill } from '../../../support/text-rig.ts';

const NOW = 1_700_000_000_000;
const MIB = 1024 * 1024;

const KINDS: Record<string, (rig: TailRig, path: string) => Promise<Reader>> = {
  'server-sent events': (rig, path) => rig.events(path),
  WebSocket: (rig, path) => rig.webSocket(path),
};
const send = (rig: TailRig, partition: number, ...values: string[]) =>
  rig.records.core.send(batch(values), { partition });

describe.each(Object.entries(KINDS))('a tail over %s', (_, open) => {
  test('tells what there is, that it is live, and what comes', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    await send(rig, 0, 'a', 'b');
    const reader = await open(rig, '/topics/orders/tail?from=start');
    expect(await take(reader, 4)).toEqual(['started', 'a', 'b', 'live']);
    await send(rig, 0, 'c');
    expect(await take(reader, 1)).toEqual(['c']);
  });

  test('begins at the end unless told, and says where that is', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders', {}, 2);
    await send(rig, 0, 'a', 'b');
    const reader = await open(rig, '/topics/orders/tail');
    expect(await reader.next()).toEqual({
      ...{ event: 'started', id: '0-1' },
      data: { positions: { 0: 2, 1: 0 } },
    });
    expect(await take(reader, 1)).toEqual(['live']);
  });

  test('tells all of a record', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    const headers = [{ key: 'h', value: Buffer.from([0xff]) }];
    const value = Buffer.from('{"a":\n1}');
    await rig.records.produce({ key: Buffer.from('k'), value, headers });
    const reader = await open(rig, '/topics/orders/tail?from=0');
    await reader.next();
    expect(await reader.next()).toEqual({
      ...{ event: 'record', id: '0-0' },
      data: {
        ...{ partition: 0, offset: 0, timestamp: NOW, timestamp_iso: '2023-11-14T22:13:20.000Z' },
        key: { type: 'string', data: 'k', size: 1 },
        value: { type: 'json', data: { a: 1 }, size: 8 },
        headers: [{ name: 'h', type: 'binary', data: '/w==', size: 1 }],
      },
    });
  });

  test.each([
    ['key=k2', ['{"n":2}']],
    ['path=$.n&equals=3', ['{"n":3}']],
    ['header=h', ['{"n":3}']],
    ['header=h:w', []],
    ['contains=2', ['{"n":2}']],
    ['partition=1', ['other']],
    ['from=1', ['{"n":2}', '{"n":3}']],
    ['from=ts:1700000000005', ['{"n":3}']],
    ['from=ts:2023-11-14T22:13:20.005Z', ['{"n":3}']],
  ])('lets through what is asked for: %s', async (query, expected) => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders', {}, 2);
    await rig.records.produce(
      ...[1, 2, 3].map(n => ({
        ...{ partition: 0, timestamp: NOW + (n === 3 ? 5 : -n) },
        ...{ key: Buffer.from(`k${n}`), value: Buffer.from(`{"n":${n}}`) },
        headers: n === 3 ? [{ key: 'h', value: Buffer.from('v:w') }] : [],
      })),
      { partition: 1, value: Buffer.from('other') },
    );
    const from = query.startsWith('from') ? '' : 'from=0&';
    const reader = await open(rig, `/topics/orders/tail?format=string&${from}${query}`);
    expect(await take(reader, expected.length + 2)).toEqual(['started', ...expected, 'live']);
  });

  test('goes on after the last event in every partition', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders', {}, 3);
    await send(rig, 0, 'a', 'b');
    await send(rig, 1, 'c', 'd');
    const reader = await open(rig, '/topics/orders/tail?from=start');
    await take(reader, 3);
    const { id } = (await reader.next())!;
    expect(id).toBe('1-0,0-1');
    await send(rig, 0, 'e');
    await send(rig, 2, 'f');
    const resumed = await open(rig, `/topics/orders/tail?last_event_id=${id}`);
    const rest = await take(resumed, 5);
    expect([rest[0], rest.slice(1, 4).sort(), rest[4]]).toEqual([
      'started',
      ['d', 'e', 'f'],
      'live',
    ]);
  });

  test('shows as text what is nested too deeply for JSON', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    await send(rig, 0, 'a', deep, 'b');
    const reader = await open(rig, '/topics/orders/tail?from=start');
    expect(await take(reader, 5)).toEqual(['started', 'a', deep, 'b', 'live']);
  });

  test('ends with what is wrong, when that comes later', async () => {
    await using rig = await tailRig();
    const topic = await rig.records.core.topic('orders');
    const reader = await open(rig, '/topics/orders/tail');
    await take(reader, 2);
    await rig.records.core.metadata.update(() => ({
      events: [{ type: 'topic-deleted', topicId: topic.id }],
      answer: undefined,
    }));
    await rig.records.core.registry.remove(topic);
    expect(await reader.next()).toMatchObject({ event: 'failure', data: { error_code: 40403 } });
    expect(await reader.next()).toBeNull();
  });

  test('lets a reader that stops reading wait, not the memory, and goes on when it does', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    const size = 100_000;
    const values = Array.from({ length: 5 }, (_, at) => String(at).repeat(size));
    for (let at = 0; at < 100; at++) await send(rig, 0, ...values);
    let fetched = 0;
    const execute = rig.records.core.fetch.execute.bind(rig.records.core.fetch);
    rig.records.core.fetch.execute = async command => {
      const result = await execute(command);
      for (const { recordBytes } of result.answers) fetched += recordBytes;
      return result;
    };
    const reader = await open(rig, '/topics/orders/tail?from=start');
    reader.pause();
    await untilStill(() => fetched + rig.sockets[0]!.bytesWritten);
    const [socket] = rig.sockets;
    expect(fetched).toBeGreaterThan(0);
    expect(socket!.writableLength).toBeGreaterThan(0);
    expect(socket!.writableLength).toBeLessThan(MIB);
    // What the kernel took, in both directions, and one fetch.
    expect(fetched).toBeLessThan(30 * MIB);
    reader.resume();
    let told = 0;
    for (let event; (event = (await reader.next())!).event !== 'live';) {
      if (event.event === 'record') told += (event.data as { value: { size: number } }).value.size;
    }
    expect(told).toBe(500 * size);
  });

  test('keeps none who are gone', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    const reader = await open(rig, '/topics/orders/tail');
    await take(reader, 2);
    const closed = new Promise(resolve => rig.sockets[0]!.once('close', resolve));
    reader.leave();
    await closed;
    await untilStill(() => rig.records.core.time.pending);
    expect(rig.records.core.time.pending).toBe(0);
    expect(rig.logger.lines).toEqual([]);
  });

  test('takes so many readers and no more, until one goes', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    const readers = [];
    for (let at = 0; at < 100; at++) readers.push(await open(rig, '/topics/orders/tail'));
    const [status, body] = await rig.status('/topics/orders/tail');
    expect([status, body.error_code]).toEqual([503, 50301]);
    await expect(rig.webSocket('/topics/orders/tail')).rejects.toThrow('503');
    const closed = new Promise(resolve => rig.sockets[0]!.once('close', resolve));
    rig.sockets[0]!.destroy();
    await closed;
    expect(await take(await open(rig, '/topics/orders/tail'), 1)).toEqual(['started']);
  });

  test('refuses what cannot be read before it begins', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    const refused = async (path: string): Promise<unknown> =>
      open(rig, path).then(
        ({ status }) => status,
        (error: Error) => Number(/\d{3}/.exec(error.message)?.[0]),
      );
    for (const query of [
      'from=x',
      'from=-1',
      'from=ts:',
      'from=ts:monday',
      'from=9007199254740992',
    ]) {
      expect([query, await refused(`/topics/orders/tail?${query}`)]).toEqual([query, 400]);
    }
    for (const query of [
      'partition=x',
      'partition=0,',
      'path=a',
      'equals=1',
      'format=hex',
      'kye=a',
    ]) {
      expect([query, await refused(`/topics/orders/tail?${query}`)]).toEqual([query, 400]);
    }
    expect(await refused('/topics/orders/tail?last_event_id=0_1')).toBe(400);
    expect(await refused(`/topics/orders/tail?contains=${'x'.repeat(1001)}`)).toBe(400);
    expect(await refused('/topics/orders/tail?partition=1')).toBe(404);
    expect(await refused('/topics/nowhere/tail')).toBe(404);
    expect(await refused('/topics/a%2Fb/tail')).toBe(404);
    await untilStill(() => rig.records.core.time.pending);
    expect(rig.records.core.time.pending).toBe(0);
  });
});

describe('server-sent events', () => {
  test('resume by the header, and are not kept anywhere', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    await send(rig, 0, 'a', 'b', 'c');
    const reader = await rig.events('/topics/orders/tail', { 'last-event-id': '0-0' });
    expect(reader.response.headers).toMatchObject({
      ...{ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' },
      ...{ 'x-content-type-options': 'nosniff', connection: 'close' },
    });
    expect(await take(reader, 4)).toEqual(['started', 'b', 'c', 'live']);
  });

  test('show that they live, every fifteen seconds', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    const reader = await rig.events('/topics/orders/tail');
    await take(reader, 2);
    rig.records.core.time.advance(14_999);
    await send(rig, 0, 'a');
    await take(reader, 1);
    const beats = (): number => reader.comments.filter(line => line === ': heartbeat').length;
    expect(beats()).toBe(0);
    rig.records.core.time.advance(1);
    await untilStill(() => reader.comments.length);
    expect(beats()).toBe(1);
  });

  test('end when the broker stops', async () => {
    const rig = await tailRig();
    await rig.records.core.topic('orders');
    const reader = await rig.events('/topics/orders/tail');
    await take(reader, 2);
    await rig.listener.stop();
    expect(await reader.next()).toBeNull();
    expect(reader.response.complete).toBe(true);
  });

  test('send a reader away that takes nothing for five minutes', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    for (let at = 0; at < 30; at++) await send(rig, 0, 'x'.repeat(900_000));
    const reader = await rig.events('/topics/orders/tail?from=start');
    reader.pause();
    const [socket] = rig.sockets;
    await untilStill(() => socket!.bytesWritten);
    const closed = new Promise(resolve => socket!.once('close', resolve));
    rig.records.core.time.advance(14 * 15_000);
    await untilStill(() => socket!.bytesWritten);
    expect(socket!.destroyed).toBe(false);
    rig.records.core.time.advance(8 * 15_000);
    await closed;
  });

  test('are not asked for by HEAD', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    const url = `http://127.0.0.1:${rig.port}/topics/orders/tail`;
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(404);
  });
});

describe('a WebSocket', () => {
  test('is told when the broker stops', async () => {
    const rig = await tailRig();
    await rig.records.core.topic('orders');
    const reader = await rig.webSocket('/topics/orders/tail');
    await take(reader, 2);
    await rig.listener.stop();
    expect(await reader.closed).toEqual([1001, 'the broker stops']);
  });

  test('is pinged', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    const reader = await rig.webSocket('/topics/orders/tail');
    await take(reader, 2);
    rig.records.core.time.advance(15_000);
    await untilStill(() => reader.pings);
    expect(reader.pings).toBe(1);
  });

  test('may say what it likes', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    const reader = await rig.webSocket('/topics/orders/tail');
    await take(reader, 2);
    reader.socket.send('{"from":"start"}');
    await send(rig, 0, 'a');
    expect(await take(reader, 1)).toEqual(['a']);
    reader.socket.send('x'.repeat(100_000));
    expect((await reader.closed)[0]).toBe(1009);
  });

  test('of another site is refused', async () => {
    await using rig = await tailRig();
    await rig.records.core.topic('orders');
    const foreign = rig.webSocket('/topics/orders/tail', { origin: 'http://elsewhere.example' });
    await expect(foreign).rejects.toThrow('403');
  });
});

test('many refusals on one connection leave nothing behind, and make nobody warn', async () => {
  await using rig = await tailRig();
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let asked = 0; asked < 12; asked++) {
    const request = get({ agent, host: '127.0.0.1', port: rig.port, path: '/topics/nope/tail' });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(404);
    response.resume();
    await once(response, 'end');
  }
  await new Promise(resolve => setImmediate(resolve));
  process.off('warning', note);
  agent.destroy();
  expect(rig.sockets).toHaveLength(1);
  expect(warnings).toEqual([]);
});
