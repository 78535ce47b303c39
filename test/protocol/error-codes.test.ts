import { expect, test } from 'vitest';
import { ERROR_CODES, NO_ERROR } from '../../src/adapters/transport/kafka/messages/error-codes.ts';

test("numbers are Kafka's", () => {
  expect(ERROR_CODES).toMatchObject({
    UNKNOWN_SERVER_ERROR: -1,
    OFFSET_OUT_OF_RANGE: 1,
    UNKNOWN_TOPIC_OR_PARTITION: 3,
    INVALID_TOPIC_EXCEPTION: 17,
    UNSUPPORTED_VERSION: 35,
    INVALID_RECORD: 87,
    UNKNOWN_TOPIC_ID: 100,
    REBOOTSTRAP_REQUIRED: 129,
  });
});

test('no two names share a number, and none is that of no error', () => {
  const numbers = Object.values(ERROR_CODES);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers).not.toContain(NO_ERROR);
});
