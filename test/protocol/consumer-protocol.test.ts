import { describe, expect, test } from 'vitest';
import { KafkaConsumerProtocol } from '../../src/adapters/transport/kafka/records/consumer-protocol.ts';
import { hex } from './support/bytes.ts';

const protocol = new KafkaConsumerProtocol();
const ORDERS = '0006 6f7264657273';
const asked = ['00000001', ORDERS, '00000001 09'];
const owned = ['00000001', ORDERS, '00000001 00000001'];

const ownedPartitions = [{ topic: 'orders', partitions: [1] }];
const subscription = { topics: ['orders'], userData: hex('09') };

describe('subscriptions as Kafka 4.4 writes them', () => {
  test.each([
    {
      bytes: hex('0000', ...asked),
      expected: { version: 0, ownedPartitions: [], generationId: -1, rackId: null },
    },
    {
      bytes: hex('0001', ...asked, ...owned),
      expected: { version: 1, ownedPartitions, generationId: -1, rackId: null },
    },
    {
      bytes: hex('0002', ...asked, ...owned, '00000005'),
      expected: { version: 2, ownedPartitions, generationId: 5, rackId: null },
    },
    {
      bytes: hex('0003', ...asked, ...owned, '00000005 0001 72'),
      expected: { version: 3, ownedPartitions, generationId: 5, rackId: 'r' },
    },
    {
      bytes: hex('0003', ...asked, ...owned, '00000005 0000'),
      expected: { version: 3, ownedPartitions, generationId: 5, rackId: null },
    },
    {
      bytes: hex('0007', ...asked, ...owned, '00000005 0001 72', 'cafe'),
      expected: { version: 7, ownedPartitions, generationId: 5, rackId: 'r' },
    },
  ])('version $expected.version, rack $expected.rackId', ({ bytes, expected }) => {
    expect(protocol.readSubscription(bytes)).toEqual({ ...subscription, ...expected });
  });

  test('no user data', () => {
    expect(protocol.readSubscription(hex('0000 00000000 ffffffff'))).toMatchObject({
      topics: [],
      userData: null,
    });
  });

  test('anything else is none', () => {
    const whole = hex('0003', ...asked, ...owned, '00000005 0001 72');
    for (let length = 0; length < whole.length; length++) {
      expect(protocol.readSubscription(whole.subarray(0, length)), `${length} bytes`).toBeNull();
    }
    expect(protocol.readSubscription(hex('ffff', ...asked))).toBeNull();
    expect(protocol.readSubscription(hex('0000 7fffffff 00000000'))).toBeNull();
  });
});

describe('assignments', () => {
  const assignment = {
    assignedPartitions: [{ topic: 'orders', partitions: [1, 2] }],
    userData: null,
  };
  const bytes = (version: string): Buffer =>
    hex(version, '00000001', ORDERS, '00000002 00000001 00000002 ffffffff');

  test.each([0, 1, 2, 3])('version %d as Kafka 4.4 writes it', version => {
    const expected = bytes(`000${version}`);
    expect(protocol.writeAssignment(assignment, version).toString('hex')).toBe(
      expected.toString('hex'),
    );
    expect(protocol.readAssignment(expected)).toEqual(assignment);
  });

  test('a version newer than any is written as the newest, and read', () => {
    expect(protocol.writeAssignment(assignment, 9)).toEqual(bytes('0003'));
    expect(protocol.readAssignment(bytes('0009'))).toEqual(assignment);
  });

  test('user data of any size', () => {
    const large = { ...assignment, userData: Buffer.alloc(10_000, 1) };
    expect(protocol.readAssignment(protocol.writeAssignment(large, 1))).toEqual(large);
  });

  test('anything else is none', () => {
    const whole = bytes('0001');
    for (let length = 0; length < whole.length; length++) {
      expect(protocol.readAssignment(whole.subarray(0, length)), `${length} bytes`).toBeNull();
    }
    expect(protocol.readAssignment(bytes('8000'))).toBeNull();
  });
});
