import { describe, expect, test } from 'vitest';
import {
  collisionKey,
  isInternalTopic,
  topicNameProblem,
} from '../../../src/domain/model/topic/topic-name.ts';

describe('topic names', () => {
  test.each(['orders', 'a', 'A.b_c-9', '...', '__consumer_offsets', 'x'.repeat(249)])(
    'may be %s',
    name => {
      expect(topicNameProblem(name)).toBeNull();
    },
  );

  test.each([
    ['', 'the empty string is not allowed'],
    ['.', "'.' is not allowed"],
    ['..', "'..' is not allowed"],
    ['x'.repeat(250), 'is longer than the max allowed length 249'],
    ['a/b', 'other than ASCII alphanumerics'],
    ['a b', 'other than ASCII alphanumerics'],
    ['naïve', 'other than ASCII alphanumerics'],
    ['a\n', 'other than ASCII alphanumerics'],
    ['a\u0000', 'other than ASCII alphanumerics'],
    ['\ufffd', 'other than ASCII alphanumerics'],
  ])('may not be %j', (name, reason) => {
    expect(topicNameProblem(name)).toContain(`Topic name is invalid: `);
    expect(topicNameProblem(name)).toContain(reason);
  });

  test('collide when dots and underscores make the only difference', () => {
    expect(collisionKey('a.b_c')).toBe(collisionKey('a_b.c'));
    expect(collisionKey('a.b')).not.toBe(collisionKey('a-b'));
  });

  test('are internal for the topics of the broker itself', () => {
    expect(isInternalTopic('__consumer_offsets')).toBe(true);
    expect(isInternalTopic('__mine')).toBe(false);
  });
});
