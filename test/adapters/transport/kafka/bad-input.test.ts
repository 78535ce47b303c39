import { describe, expect, test } from 'vitest';
import { ApiVersions } from '../../../../src/adapters/transport/kafka/messages/api-versions.ts';
import { Metadata } from '../../../../src/adapters/transport/kafka/messages/metadata.ts';
import { decodeResponse, encodeRequest, framed, RawClient } from '../../../support/raw-client.ts';
import { hostileClient } from '../../../support/hostile-client.ts';

/** Frames, headers and codecs: rows 1 to 15 of the table of bad inputs. Each test names what a client sends. */

const FETCH = 1;
const METADATA = 3;
const API_VERSIONS = 18;
const CORRELATION_ID = 7;

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const NO_CLIENT_ID = int16(-1);

/** A frame of header and body, piece by piece. */
function frame(apiKey: number, version: number, ...rest: Buffer[]): Buffer {
  return Buffer.concat([int16(apiKey), int16(version), int32(CORRELATION_ID), ...rest]);
}

function uvarint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}

/** `count` tagged fields that nobody knows, each with `size` bytes. */
function unknownTags(count: number, size: number): Buffer {
  const pieces = [uvarint(count)];
  for (let tag = 0; tag < count; tag++) {
    pieces.push(uvarint(100 + tag), uvarint(size), Buffer.alloc(size));
  }
  return Buffer.concat(pieces);
}

describe('the length of a frame', () => {
  test.each([
    ['is -1', int32(-1)],
    ['is -2^31', int32(-(2 ** 31))],
    ['is 0', int32(0)],
    ['is one above socket.request.max.bytes', int32(100 * 1024 * 1024 + 1)],
    ['is the beginning of an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['is that of a TLS handshake', hex('16030100f8010000f40303')],
  ])('%s: closed, with one line', async (_, bytes) => {
    await using hostile = await hostileClient();
    await hostile.expectBytesClose(
      bytes,
      /^a frame of -?\d+ bytes is not between 1 and 104857600$/,
    );
    await hostile.expectHealthy();
  });

  test('is more than what follows before the end: closed, and nothing is carried out', async () => {
    await using hostile = await hostileClient();
    const request = { topics: [{ name: 'never' }], allowAutoTopicCreation: true };
    hostile.raw.send(encodeRequest(Metadata, 4, request).subarray(0, -1));
    hostile.raw.socket.end();
    await hostile.raw.untilEnd();
    expect(hostile.reasons).toEqual(['the client left within a request']);
    await hostile.expectHealthy();
  });

  test('is followed by silence: closed at the idle deadline', async () => {
    await using hostile = await hostileClient({ settings: { 'connections.max.idle.ms': 200 } });
    await hostile.expectBytesClose(int32(100 * 1024 * 1024), /silent for 200 ms/);
    await hostile.expectHealthy();
  });

  // Every byte is activity, as in Kafka's Selector: a slow client is served, and costs no more than its bytes.
  test('is followed by one byte at a time: answered when the last has come', async () => {
    await using hostile = await hostileClient({ settings: { 'connections.max.idle.ms': 400 } });
    for (const byte of encodeRequest(ApiVersions, 0, {})) {
      await new Promise<void>(sent => hostile.raw.socket.write(Buffer.of(byte), () => sent()));
    }
    const { response } = decodeResponse(ApiVersions, 0, await hostile.raw.nextFrame());
    expect(response.errorCode).toBe(0);
  });
});

describe('a header', () => {
  test.each([
    ['has an unknown API key', frame(9999, 0, NO_CLIENT_ID), /^API key 9999 is not served$/],
    ['has a negative API key', frame(-1, 0, NO_CLIENT_ID), /^API key -1 is not served$/],
    ['asks for a key that only a controller serves', frame(52, 0, NO_CLIENT_ID), /API key 52/],
    ['asks for a version above', frame(METADATA, 14, NO_CLIENT_ID, hex('00')), /^Metadata v14 is/],
    ['asks for a negative version', frame(METADATA, -1, NO_CLIENT_ID), /^Metadata v-1 is not/],
    // Produce 0 to 2 are advertised for librdkafka's sake (KAFKA-18659), and served by nobody.
    ['asks for a version advertised only', frame(0, 2, NO_CLIENT_ID), /^Produce v2 is not served$/],
    ['is cut off', int16(METADATA), /2 bytes wanted where 0 bytes are left/],
    ['is cut off in its client id', frame(METADATA, 1, int16(100), hex('61')), /bytes wanted/],
    // Kafka reads every negative length as null; the only one that means it is -1.
    ['has a client id of length -2', frame(METADATA, 1, int16(-2)), /a string of length -2/],
    ['has a client id that is no UTF-8', frame(METADATA, 1, int16(2), hex('c328')), /not UTF-8/],
    [
      'claims 2^32 - 1 tagged fields',
      frame(METADATA, 9, NO_CLIENT_ID, hex('ffffffff0f')),
      /tagged fields wanted/,
    ],
    [
      'has a tag twice',
      frame(METADATA, 9, NO_CLIENT_ID, hex('02' + '0500' + '0500')),
      /tag 5 follows tag 5/,
    ],
    [
      'has tags out of order',
      frame(METADATA, 9, NO_CLIENT_ID, hex('02' + '0600' + '0500')),
      /tag 5 follows tag 6/,
    ],
    [
      'has a tagged field larger than the frame',
      frame(METADATA, 9, NO_CLIENT_ID, hex('01' + '05' + 'ff7f')),
      /a tagged field of 16383 bytes wanted/,
    ],
    [
      'has a varint of six bytes',
      frame(METADATA, 9, NO_CLIENT_ID, hex('808080808001')),
      /varint is longer than 32 bits/,
    ],
  ])('%s: closed, with one line', async (_, bytes, reason) => {
    await using hostile = await hostileClient();
    await hostile.expectClosed(bytes, reason);
    await hostile.expectHealthy();
  });

  test.each([6, 99, 32767, -1])(
    'asks for ApiVersions v%i: 35 and the list, in v0',
    async version => {
      await using hostile = await hostileClient();
      hostile.raw.send(framed(frame(API_VERSIONS, version, NO_CLIENT_ID, hex('00'))));
      const answer = decodeResponse(ApiVersions, 0, await hostile.raw.nextFrame());
      expect(answer.correlationId).toBe(CORRELATION_ID);
      expect(answer.response.errorCode).toBe(35);
      expect(answer.response.apiKeys).toContainEqual({ apiKey: 18, minVersion: 0, maxVersion: 5 });
      expect((await hostile.raw.ask(ApiVersions, 3, NAMED)).errorCode).toBe(0);
    },
  );

  test('has 100,000 unknown tagged fields: they are passed over', async () => {
    await using hostile = await hostileClient();
    const body = hex('01' + '00' + '00' + '00' + '00');
    hostile.raw.send(framed(frame(METADATA, 9, NO_CLIENT_ID, unknownTags(100_000, 10), body)));
    const { response } = decodeResponse(Metadata, 9, await hostile.raw.nextFrame());
    expect(response.brokers.length).toBe(1);
  });
});

/** Replica -1, no wait, no bounds, and one partition of the topic `a`, up to its fetch offset. */
const FETCH_V5_TO_OFFSET = Buffer.concat([
  ...[-1, 0, 0, 1000].map(int32),
  ...[Buffer.alloc(1), int32(1), int16(1), hex('61'), int32(1), int32(0)],
]);

const NAMED = { clientSoftwareName: 'raw', clientSoftwareVersion: '1' };

describe('a body', () => {
  test.each([
    [
      'claims 2^31 - 1 topics',
      frame(METADATA, 1, NO_CLIENT_ID, int32(2 ** 31 - 1)),
      /an array of 2147483647 elements/,
    ],
    ['claims -2 topics', frame(METADATA, 1, NO_CLIENT_ID, int32(-2)), /an array of -2 elements/],
    [
      'claims 2^32 - 2 topics, compactly',
      frame(METADATA, 9, NO_CLIENT_ID, hex('00' + 'ffffffff0f')),
      /an array of 4294967294 elements/,
    ],
    [
      'has more topics than one request may hold, at their smallest',
      frame(METADATA, 1, NO_CLIENT_ID, int32(1_500_000), Buffer.alloc(3_000_000)),
      /more objects than one may/,
    ],
    [
      'has a topic name of length -2',
      frame(METADATA, 1, NO_CLIENT_ID, int32(1), int16(-2)),
      /a string of length -2/,
    ],
    [
      'has a topic name that is no UTF-8',
      frame(METADATA, 1, NO_CLIENT_ID, int32(1), int16(4), hex('61ff6263')),
      /not UTF-8/,
    ],
    [
      'has a topic name longer than a string may be',
      frame(
        METADATA,
        9,
        NO_CLIENT_ID,
        hex('00' + '02'),
        uvarint(40_001),
        Buffer.alloc(40_010, 'a'),
      ),
      /a string of length 40000/,
    ],
    ['is missing', frame(METADATA, 1, NO_CLIENT_ID), /4 bytes wanted where 0 bytes are left/],
    [
      'has a log start offset past 2^53',
      frame(
        FETCH,
        5,
        NO_CLIENT_ID,
        FETCH_V5_TO_OFFSET,
        Buffer.alloc(8),
        hex('7f' + 'ff'.repeat(7)),
        int32(1),
      ),
      /past 2\^53/,
    ],
  ])('%s: closed, with one line', async (_, bytes, reason) => {
    await using hostile = await hostileClient();
    await hostile.expectClosed(bytes, reason);
    await hostile.expectHealthy();
  });

  // Kafka's parser leaves them too (AbstractRequest.parseRequest).
  test('is followed by more bytes: they are ignored, and never read as the next request', async () => {
    await using hostile = await hostileClient();
    const trap = encodeRequest(ApiVersions, 0, {}, 666);
    hostile.raw.send(
      framed(frame(API_VERSIONS, 0, NO_CLIENT_ID, trap)),
      encodeRequest(ApiVersions, 0, {}, 8),
    );
    const ids = [await hostile.raw.nextFrame(), await hostile.raw.nextFrame()].map(
      bytes => decodeResponse(ApiVersions, 0, bytes).correlationId,
    );
    expect(ids).toEqual([CORRELATION_ID, 8]);
  });

  test('is good, and the next is not: the good one is answered before the close', async () => {
    await using hostile = await hostileClient();
    hostile.raw.send(encodeRequest(ApiVersions, 0, {}, 1), framed(frame(9999, 0, NO_CLIENT_ID)));
    expect((await hostile.raw.untilEnd()).map(bytes => bytes.readInt32BE(0))).toEqual([1]);
    expect(hostile.reasons).toEqual(['API key 9999 is not served']);
  });
});

test('a thousand bad connections make some lines of log, not a thousand', async () => {
  await using hostile = await hostileClient();
  await Promise.all(
    Array.from({ length: 300 }, async () => {
      using client = await RawClient.connect(hostile.port);
      client.send(int32(-1));
      await client.untilEnd();
    }),
  );
  expect(hostile.reasons.length).toBeGreaterThan(0);
  expect(hostile.reasons.length).toBeLessThan(100);
});
