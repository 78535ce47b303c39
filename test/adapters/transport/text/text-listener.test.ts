import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../../../src/domain/model/error.ts';
import { RecordBatch } from '../../../../src/domain/model/log/record-batch.ts';
import { batch, compressedBatch } from '../../../support/broker-core.ts';
import { TextClient } from '../../../support/text-client.ts';
import { textRig, untilStill } from '../../../support/text-rig.ts';

const NOW = 1_700_000_000_000;
const KIB = 1024;
const MIB = 1024 * KIB;

describe('a conversation in text', () => {
  test('produces, consumes and lists', async () => {
    await using rig = await textRig();
    await rig.records.core.topic('orders');
    await rig.records.core.topic('bills', {}, 3);
    const client = await rig.client();
    expect(await client.ask('TOPICS')).toEqual([
      'TOPIC bills partitions=3',
      'TOPIC orders partitions=1',
      'OK count=2',
    ]);
    const ok = (offset: number): string[] => [`OK partition=0 offset=${offset} timestamp=${NOW}`];
    expect(await client.ask('PRODUCE orders hello')).toEqual(ok(0));
    expect(await client.ask('produce orders key and a value')).toEqual(ok(1));
    expect(await client.ask('PRODUCE orders {"total": 5, "of": [1, 2]}')).toEqual(ok(2));
    expect(await client.ask('PRODUCE orders "a key" {"total": 6}')).toEqual(ok(3));
    expect(await client.ask('PRODUCE orders key -')).toEqual(ok(4));
    expect(await client.ask('PRODUCE orders "two\\nlines"')).toEqual(ok(5));
    expect(await client.ask('CONSUME orders 0 0')).toEqual([
      `RECORD 0 0 ${NOW} - hello`,
      `RECORD 0 1 ${NOW} key and a value`,
      `RECORD 0 2 ${NOW} - {"total": 5, "of": [1, 2]}`,
      `RECORD 0 3 ${NOW} "a key" {"total": 6}`,
      `RECORD 0 4 ${NOW} key -`,
      `RECORD 0 5 ${NOW} - "two\\nlines"`,
      'OK count=6 next=6',
    ]);
    expect(await client.ask('CONSUME orders 0 4 1')).toEqual([
      `RECORD 0 4 ${NOW} key -`,
      'OK count=1 next=5',
    ]);
    expect(await client.ask('CONSUME orders 0 6')).toEqual(['OK count=0 next=6']);
    expect(await client.ask('CONSUME orders 0 0 0')).toEqual(['OK count=0 next=0']);
  });

  test('explains itself, and ends', async () => {
    await using rig = await textRig();
    const client = await rig.client();
    const help = await client.ask('help');
    expect(help.filter(line => !line.startsWith('# '))).toEqual(['OK']);
    for (const command of ['PRODUCE', 'CONSUME', 'TOPICS', 'QUIT']) {
      expect(help.some(line => line.startsWith(`# ${command} `))).toBe(true);
    }
    client.send('QUIT', 'TOPICS');
    expect(await client.rest()).toEqual(['OK bye']);
  });

  test('takes CRLF, empty lines, and letters of many bytes that are cut anywhere', async () => {
    await using rig = await textRig();
    const client = await rig.client();
    const sent = Buffer.from('\r\n\nPRODUCE orders ключ "käse €"\r\nCONSUME orders 0 0\r\n');
    for (const byte of sent) {
      client.socket.write(Buffer.from([byte]));
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(await client.answer()).toEqual([`OK partition=0 offset=0 timestamp=${NOW}`]);
    expect(await client.answer()).toEqual([`RECORD 0 0 ${NOW} ключ käse €`, 'OK count=1 next=1']);
  });

  test('answers thousands of lines in one go, in order, with few batches', async () => {
    await using rig = await textRig();
    const client = await rig.client();
    const lines = Array.from({ length: 5000 }, (_, at) => `PRODUCE orders ${at}`);
    client.send(...lines, 'CONSUME orders 0 0 100000');
    const answers = [];
    for (let at = 0; at < lines.length; at++) answers.push(await client.line());
    expect(answers).toEqual(lines.map((_, at) => `OK partition=0 offset=${at} timestamp=${NOW}`));
    const consumed = await client.answer();
    expect(consumed.slice(0, -1)).toEqual(lines.map((_, at) => `RECORD 0 ${at} ${NOW} - ${at}`));
    expect(rig.records.core.storage.commits.length).toBeLessThan(500);
  });

  test('keeps the records of topics that alternate apart', async () => {
    await using rig = await textRig();
    const client = await rig.client();
    client.send('PRODUCE a 1', 'PRODUCE b 2', 'PRODUCE a 3', 'BAD', 'PRODUCE b 4');
    const answers = [];
    for (let at = 0; at < 5; at++) answers.push((await client.answer())[0]!.slice(0, 23));
    expect(answers).toEqual([
      'OK partition=0 offset=0',
      'OK partition=0 offset=0',
      'OK partition=0 offset=1',
      'ERR UNKNOWN_COMMAND the',
      'OK partition=0 offset=1',
    ]);
  });

  test('gives what compressed batches hold, over gaps', async () => {
    await using rig = await textRig();
    await rig.records.core.topic('orders');
    await rig.records.core.send(await compressedBatch('gzip', ['a', 'b']));
    const topic = rig.records.core.metadata.state.topicNamed('orders')!;
    const partition = await rig.records.core.registry.open(topic, 0);
    partition.append(new RecordBatch(batch(['x'.repeat(300 * KIB)], { control: true })), 0);
    await partition.commit(false);
    await rig.records.core.send(batch(['c']));
    const client = await rig.client();
    const consumed = await client.ask('CONSUME orders 0 1');
    expect(consumed.map(line => line.split(' ').at(-1))).toEqual(['b', 'c', 'next=4']);
  });
});

describe('what is no command', () => {
  test.each<[string, string]>([
    ['FETCH orders', 'ERR UNKNOWN_COMMAND there is no command FETCH: try HELP'],
    ['\u001b[2J', 'ERR UNKNOWN_COMMAND there is no command "\\x1b[2J": try HELP'],
    [`${'x'.repeat(1000)}`, `ERR UNKNOWN_COMMAND there is no command ${'x'.repeat(40)}: try HELP`],
    ['- orders', 'ERR UNKNOWN_COMMAND there is no command -: try HELP'],
    ['PRODUCE', 'ERR MISSING_ARGUMENT PRODUCE topic [key] value'],
    ['PRODUCE orders', 'ERR MISSING_ARGUMENT PRODUCE topic [key] value'],
    ['PRODUCE - value', 'ERR MISSING_ARGUMENT PRODUCE topic [key] value'],
    ['PRODUCE orders "a', 'ERR BAD_QUOTES a quote is not closed'],
    ['PRODUCE orders "a" "b" c', 'ERR BAD_QUOTES something follows the closing quote'],
    ['CONSUME orders 0', 'ERR MISSING_ARGUMENT CONSUME topic partition offset [count]'],
    [
      'CONSUME orders 0 0 1 1',
      'ERR BAD_ARGUMENT too many words: CONSUME topic partition offset [count]',
    ],
    ['CONSUME orders 0 0 1000001', 'ERR BAD_ARGUMENT count is at most 1000000'],
    ['TOPICS all', 'ERR BAD_ARGUMENT TOPICS stands alone'],
    ['QUIT now', 'ERR BAD_ARGUMENT QUIT stands alone'],
    ['PRODUCE a/b c', 'ERR INVALID_TOPIC_EXCEPTION there is no topic a/b'],
    ['PRODUCE "a\\nb" c', 'ERR INVALID_TOPIC_EXCEPTION there is no topic a b'],
  ])('(%#)', async (line, expected) => {
    await using rig = await textRig();
    const client = await rig.client();
    expect(await client.ask(line)).toEqual([expected]);
    expect(await client.ask('TOPICS')).toEqual(['OK count=0']);
  });

  test.each(['x', '-1', '1.5', '1e3', '9007199254740992', '""'])('a number %j', async number => {
    await using rig = await textRig();
    const client = await rig.client();
    for (const line of [`${number} 0`, `0 ${number}`, `0 0 ${number}`]) {
      const [answer] = await client.ask(`CONSUME orders ${line}`);
      expect(answer).toMatch(/^ERR BAD_ARGUMENT partition, offset and count are numbers/);
    }
  });

  test('a topic, a partition or an offset that is not there', async () => {
    await using rig = await textRig();
    const client = await rig.client();
    const code = async (line: string): Promise<string> => (await client.ask(line))[0]!.slice(0, 40);
    expect(await code('CONSUME orders 0 0')).toMatch('ERR UNKNOWN_TOPIC_OR_PARTITION');
    await rig.records.core.topic('orders');
    expect(await code('CONSUME orders 1 0')).toMatch('ERR UNKNOWN_TOPIC_OR_PARTITION');
    expect(await code('CONSUME orders 0 1')).toMatch('ERR OFFSET_OUT_OF_RANGE');
  });

  test('bytes that are no text', async () => {
    await using rig = await textRig();
    const client = await rig.client();
    client.socket.write(Buffer.from('PRODUCE orders \xff\xfe\n\x16\x03\x01\n', 'latin1'));
    expect(await client.answer()).toEqual(['ERR NOT_UTF8 a line is text in UTF-8']);
    expect((await client.answer())[0]).toMatch('ERR UNKNOWN_COMMAND');
    expect(await client.ask('TOPICS')).toEqual(['OK count=0']);
  });

  test('a line that is too long: it is told once, and what follows is heard', async () => {
    await using rig = await textRig();
    const client = await rig.client();
    const tooLong = 'ERR LINE_TOO_LONG a line has at most 65536 bytes';
    client.socket.write(Buffer.alloc(10 * MIB, 'x'));
    expect(await client.answer()).toEqual([tooLong]);
    client.socket.write(`${'y'.repeat(MIB)}\nTOPICS\n`);
    expect(await client.answer()).toEqual(['OK count=0']);
    const longest = 64 * KIB - 'PRODUCE orders '.length;
    expect((await client.ask(`PRODUCE orders ${'x'.repeat(longest)}`))[0]).toMatch(/^OK/);
    expect(await client.ask(`PRODUCE orders ${'x'.repeat(longest + 1)}`)).toEqual([tooLong]);
  });

  test.each([
    ['POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nPRODUCE orders x\r\n', 1],
    [`POST /${'x'.repeat(70_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nPRODUCE orders x\r\n`, 2],
    ['produce /orders HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\nPRODUCE orders x\r\n', 1],
  ])('HTTP: nothing that a browser sends is carried out (%#)', async (request, answers) => {
    await using rig = await textRig();
    const client = await rig.client();
    client.socket.write(request);
    const said = await client.rest();
    expect(said.length).toBe(answers);
    expect(said.at(-1)).toBe('ERR NOT_HTTP this port speaks no HTTP');
    expect(rig.records.core.metadata.state.topicCount).toBe(0);
  });

  test('a failure of the broker is told without its secrets, and logged', async () => {
    await using rig = await textRig();
    rig.records.readRecords.execute = async () => {
      throw new Error('a secret');
    };
    rig.records.produceRecords.execute = async () => {
      throw new BrokerError('KAFKA_STORAGE_ERROR', 'EIO');
    };
    const client = await rig.client();
    const failure = 'ERR UNKNOWN_SERVER_ERROR the broker failed at this command';
    expect(await client.ask('CONSUME orders 0 0')).toEqual([failure]);
    expect(JSON.stringify(rig.logger.lines)).toMatch('a secret');
    client.send('PRODUCE orders a', 'PRODUCE orders b');
    expect(await client.answer()).toEqual(['ERR KAFKA_STORAGE_ERROR EIO']);
    expect(await client.answer()).toEqual(['ERR KAFKA_STORAGE_ERROR EIO']);
  });
});

describe('bounds', () => {
  test('a client that never reads is not read for beyond a bound, and is not kept for ever', async () => {
    await using rig = await textRig();
    await rig.records.core.topic('orders');
    for (let at = 0; at < 50; at++) await rig.records.core.send(batch(['x'.repeat(MIB - 1000)]));
    let read = 0;
    const execute = rig.records.readRecords.execute.bind(rig.records.readRecords);
    rig.records.readRecords.execute = async query => {
      const page = await execute(query);
      for (const { value } of page.records) read += value!.length;
      return page;
    };
    const client = await rig.client();
    client.socket.pause();
    client.send('CONSUME orders 0 0 100', 'TOPICS');
    await untilStill(() => read);
    expect(read).toBeGreaterThan(0);
    // What the kernel took, in both directions.
    expect(read).toBeLessThan(20 * MIB);
    expect(rig.sockets[0]!.writableLength).toBeLessThan(2 * MIB);
    rig.sockets[0]!.emit('timeout');
    await once(rig.sockets[0]!, 'close');
  });

  test('a client that reads late gets all of it', async () => {
    await using rig = await textRig();
    await rig.records.core.topic('orders');
    for (let at = 0; at < 20; at++) await rig.records.core.send(batch(['x'.repeat(MIB - 1000)]));
    const client = await rig.client();
    client.socket.pause();
    client.send('CONSUME orders 0 0 100', 'TOPICS');
    await untilStill(() => rig.sockets[0]?.bytesWritten ?? 0);
    client.socket.resume();
    expect((await client.answer()).length).toBe(21);
    expect(await client.answer()).toEqual(['TOPIC orders partitions=1', 'OK count=1']);
  });

  test('no more is begun than one read brought, while the disk is slow', async () => {
    await using rig = await textRig();
    const client = await rig.client();
    await client.ask('PRODUCE orders first');
    rig.records.core.storage.holds = 'all commits';
    let begun = 0;
    const execute = rig.records.produceRecords.execute.bind(rig.records.produceRecords);
    rig.records.produceRecords.execute = command => {
      begun += command.records.length;
      return execute(command);
    };
    const lines = Array.from({ length: 40_000 }, (_, at) => `PRODUCE orders ${at}`);
    client.send(...lines);
    const still = await untilStill(() => begun);
    expect(still).toBeGreaterThan(0);
    expect(still).toBeLessThan(10_000);
    expect(rig.sockets[0]!.readableLength).toBeLessThan(MIB);
    rig.records.core.storage.holds = 'nothing';
    rig.records.core.storage.releaseAll();
    const answers = [];
    for (let at = 0; at < lines.length; at++) answers.push(await client.line());
    expect(answers).toEqual(
      lines.map((_, at) => `OK partition=0 offset=${at + 1} timestamp=${NOW}`),
    );
  });

  test('connections beyond so many are told so', async () => {
    await using rig = await textRig({ maxConnections: 1 });
    const [first, second] = [await rig.client(), await rig.client()];
    expect(await second.rest()).toEqual(['ERR TOO_MANY_CONNECTIONS there are 1 already']);
    expect(await first.ask('TOPICS')).toEqual(['OK count=0']);
    first.send('QUIT');
    await first.rest();
    const third = await rig.client();
    expect(await third.ask('TOPICS')).toEqual(['OK count=0']);
  });

  test('a client that is silent is told, and sent away; one that waits for its answer is not', async () => {
    await using rig = await textRig({ maxIdleMs: 60_000 });
    const [silent, waiting] = [await rig.client(), await rig.client()];
    await silent.ask('TOPICS');
    await waiting.ask('PRODUCE orders a');
    rig.records.core.storage.holds = 'all commits';
    waiting.send('PRODUCE orders b');
    await untilStill(() => rig.records.core.storage.held.length);
    expect(rig.sockets.map(({ timeout }) => timeout)).toEqual([60_000, 60_000]);
    for (const socket of rig.sockets) socket.emit('timeout');
    expect(await silent.rest()).toEqual(['ERR IDLE_TIMEOUT nothing came for 60000 ms']);
    rig.records.core.storage.releaseAll();
    expect((await waiting.answer())[0]).toMatch(/^OK partition=0 offset=1/);
  });
});

describe('the end', () => {
  test('a client that has said all is answered all the same, its last line included', async () => {
    await using rig = await textRig();
    const client = await rig.client();
    client.socket.end('PRODUCE orders a\nCONSUME orders 0 0');
    const said = await client.rest();
    expect(said.map(line => line.split(' ')[0])).toEqual(['OK', 'RECORD', 'OK']);
  });

  test('a listener that stops answers what it received', async () => {
    await using rig = await textRig({ drainMs: 10_000 });
    const [busy, idle] = [await rig.client(), await rig.client()];
    await busy.ask('PRODUCE orders a');
    await idle.ask('TOPICS');
    rig.records.core.storage.holds = 'all commits';
    busy.send('PRODUCE orders b', 'TOPICS', 'PRODUCE orders c');
    await untilStill(() => rig.records.core.storage.held.length);
    const stopped = rig.listener.stop();
    expect(await idle.rest()).toEqual([]);
    rig.records.core.storage.holds = 'nothing';
    rig.records.core.storage.releaseAll();
    const said = await busy.rest();
    expect(said.map(line => line.split(' ', 3).join(' '))).toEqual([
      'OK partition=0 offset=1',
      'TOPIC orders partitions=1',
      'OK count=1',
      'OK partition=0 offset=2',
    ]);
    await stopped;
    await expect(TextClient.connect(rig.port)).rejects.toThrow('ECONNREFUSED');
  });

  test('a listener that stops hears no more of a client that goes on and on', async () => {
    await using rig = await textRig({ drainMs: 60_000 });
    const client = await rig.client();
    await client.ask('PRODUCE orders first');
    rig.records.core.storage.holds = 'all commits';
    const lines = Array.from({ length: 40_000 }, (_, at) => `PRODUCE orders ${at}`);
    client.send(...lines);
    await untilStill(() => rig.records.core.storage.held.length + rig.sockets[0]!.bytesRead);
    const stopped = rig.listener.stop();
    rig.records.core.storage.holds = 'nothing';
    rig.records.core.storage.releaseAll();
    const answered = (await client.rest()).length;
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThan(lines.length / 2);
    await stopped;
  });

  test('a listener that stops waits for nobody for ever', async () => {
    await using rig = await textRig({ drainMs: 1 });
    const client = await rig.client();
    await client.ask('PRODUCE orders a');
    rig.records.core.storage.holds = 'all commits';
    client.send('PRODUCE orders b');
    await untilStill(() => rig.records.core.storage.held.length);
    await rig.listener.stop();
    expect(await client.rest()).toEqual([]);
    rig.records.core.storage.releaseAll();
  });

  test('a client that is gone leaves nothing behind', async () => {
    await using rig = await textRig();
    const client = await rig.client();
    await client.ask('PRODUCE orders a');
    rig.records.core.storage.holds = 'all commits';
    client.send('PRODUCE orders b', 'PRODUCE other c');
    await untilStill(() => rig.records.core.storage.held.length);
    const [socket] = rig.sockets;
    const closed = new Promise(resolve => socket!.once('close', resolve));
    client.socket.resetAndDestroy();
    await closed;
    rig.records.core.storage.releaseAll();
    await untilStill(() => rig.records.core.storage.held.length);
    expect(rig.logger.lines).toEqual([]);
    expect(await (await rig.client()).ask('CONSUME orders 0 1')).toHaveLength(2);
  });

  test('says loudly that it is open to the network, and is silent at home', async () => {
    await using home = await textRig();
    expect(home.logger.lines).toEqual([]);
    await using open = await textRig({ host: '0.0.0.0' });
    expect(open.logger.lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'warn text is open to the network WITHOUT AUTHENTICATION: anybody may write',
    ]);
  });
});
