import { describe, expect, test } from 'vitest';
import { offsetCommitHandler } from '../../../../src/adapters/transport/kafka/handlers/offset-commit.ts';
import { offsetDeleteHandler } from '../../../../src/adapters/transport/kafka/handlers/offset-delete.ts';
import { offsetFetchHandler } from '../../../../src/adapters/transport/kafka/handlers/offset-fetch.ts';
import type { ServedApi } from '../../../../src/adapters/transport/kafka/registry.ts';
import { exchange } from '../../../support/exchange.ts';
import type { GroupCore } from '../../../support/group-core.ts';
import { UNKNOWN_ID, member, started, versions } from '../../../support/group-exchange.ts';

const COORDINATOR_NOT_AVAILABLE = 15;
const ILLEGAL_GENERATION = 22;
const INVALID_GROUP_ID = 24;
const UNKNOWN_TOPIC_OR_PARTITION = 3;
const GROUP_ID_NOT_FOUND = 69;
const GROUP_SUBSCRIBED_TO_TOPIC = 86;
const UNKNOWN_TOPIC_ID = 100;

describe('OffsetCommit and OffsetFetch', () => {
  const commit = ({ commitOffsets }: GroupCore): ServedApi => offsetCommitHandler(commitOffsets);
  const fetch = ({ fetchOffsets }: GroupCore): ServedApi => offsetFetchHandler(fetchOffsets);

  /** One topic in a request or a response of a version that knows it by name, or by id. */
  const naming = (broker: GroupCore, byId: boolean, name: string) => {
    const id = broker.core.metadata.state.topicNamed(name)?.id ?? UNKNOWN_ID;
    return byId ? { topicId: id } : { name };
  };

  test.each(versions(commit))('commits in v%d', async apiVersion => {
    const broker = await started();
    const byId = apiVersion >= 10;
    const partition = { partitionIndex: 1, committedOffset: 5, committedMetadata: null };
    const topics = ['orders', 'none'].map(name => ({
      ...naming(broker, byId, name),
      partitions: [partition, { ...partition, partitionIndex: name === 'orders' ? 9 : 0 }],
    }));
    const unknown = byId ? UNKNOWN_TOPIC_ID : UNKNOWN_TOPIC_OR_PARTITION;
    const answered = topics.map(({ partitions, ...topic }, at) => ({
      ...topic,
      partitions: partitions.map(({ partitionIndex }, nth) => {
        const missing = nth === 1 ? UNKNOWN_TOPIC_OR_PARTITION : 0;
        return { partitionIndex, errorCode: at === 1 ? unknown : missing };
      }),
    }));
    const request = { groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics };
    expect(await exchange(commit(broker), apiVersion, request)).toMatchObject({ topics: answered });
    const asked = { topic: 'orders', topicId: null, partitions: [1] };
    const none = { memberId: null, memberEpoch: -1, requireStable: false };
    const [answer] = await broker.fetchOffsets.execute([
      { groupId: 'g', ...none, topics: [asked] },
    ]);
    expect(answer!.topics[0]!.offsets[0]).toMatchObject({ offset: 5, metadata: '' });
    const claim = { groupId: 'new', generationIdOrMemberEpoch: 1, memberId: 'm' };
    const errorCode = apiVersion >= 9 ? GROUP_ID_NOT_FOUND : ILLEGAL_GENERATION;
    expect(await exchange(commit(broker), apiVersion, { ...request, ...claim })).toMatchObject({
      topics: [{ partitions: [{ errorCode }, {}] }, {}],
    });
  });

  test.each(versions(fetch))('fetches in v%d', async apiVersion => {
    const broker = await started();
    await broker.commit(7, 'g', 'note');
    const byId = apiVersion >= 10;
    const naming1 = naming(broker, byId, 'orders');
    const wanted = { ...naming1, partitionIndexes: [1, 0] };
    const request =
      apiVersion >= 8
        ? {
            groups: [
              { groupId: 'g', topics: [wanted] },
              { groupId: 'h', topics: [wanted] },
            ],
          }
        : { groupId: 'g', topics: [wanted] };
    const none = { partitionIndex: 1, committedOffset: -1, metadata: '', errorCode: 0 };
    const found = { partitionIndex: 0, committedOffset: 7, metadata: 'note', errorCode: 0 };
    const topic = { ...naming1, partitions: [none, found] };
    const other = { ...naming1, partitions: [none, { ...none, partitionIndex: 0 }] };
    expect(await exchange(fetch(broker), apiVersion, request)).toMatchObject(
      apiVersion >= 8
        ? {
            groups: [
              { groupId: 'g', topics: [topic] },
              { groupId: 'h', topics: [other] },
            ],
          }
        : { topics: [topic] },
    );
    if (apiVersion < 2) return;
    const all =
      apiVersion >= 8
        ? { groups: [{ groupId: 'g', topics: null }] }
        : { groupId: 'g', topics: null };
    const only = { ...naming1, partitions: [found] };
    expect(await exchange(fetch(broker), apiVersion, all)).toMatchObject(
      apiVersion >= 8 ? { groups: [{ errorCode: 0, topics: [only] }] } : { topics: [only] },
    );
  });

  test.each(versions(fetch))('v%d says why a group cannot be asked', async apiVersion => {
    const broker = await started();
    await broker.groups.stop();
    const wanted = { ...naming(broker, apiVersion >= 10, 'orders'), partitionIndexes: [0] };
    const group = { groupId: 'g', topics: [wanted] };
    const errorCode = COORDINATOR_NOT_AVAILABLE;
    const request = apiVersion >= 8 ? { groups: [group] } : group;
    expect(await exchange(fetch(broker), apiVersion, request)).toMatchObject(
      apiVersion >= 8
        ? { groups: [{ groupId: 'g', errorCode, topics: [] }] }
        : apiVersion >= 2
          ? { errorCode, topics: [] }
          : { topics: [{ partitions: [{ partitionIndex: 0, committedOffset: -1, errorCode }] }] },
    );
  });

  test('an id that no topic has is told so, and a topic that is gone cannot be told by its id', async () => {
    const broker = await started();
    await broker.commit(7);
    const topics = [
      { topicId: UNKNOWN_ID, partitionIndexes: [3] },
      { ...naming(broker, true, 'orders'), partitionIndexes: [0] },
    ];
    const refused = { partitionIndex: 3, committedOffset: -1, errorCode: UNKNOWN_TOPIC_ID };
    expect(await exchange(fetch(broker), 10, { groups: [{ groupId: 'g', topics }] })).toMatchObject(
      {
        groups: [{ topics: [{ partitions: [refused] }, { partitions: [{ committedOffset: 7 }] }] }],
      },
    );
  });
});

describe('OffsetDelete', () => {
  test('v0', async () => {
    const broker = await started();
    await broker.commit(7);
    await broker.commit(7, 'read');
    const served = offsetDeleteHandler(broker.deleteOffsets);
    const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0 }, { partitionIndex: 5 }] }];
    const told = (...codes: number[]) => ({
      errorCode: 0,
      topics: [{ name: 'orders', partitions: codes.map(errorCode => ({ errorCode })) }],
    });
    const ask = (groupId: string) => exchange(served, 0, { groupId, topics });
    expect(await ask('g')).toMatchObject(told(0, UNKNOWN_TOPIC_OR_PARTITION));
    expect(await broker.committed()).toBe(-1);
    expect(await ask('')).toMatchObject({ errorCode: INVALID_GROUP_ID, topics: [] });
    expect(await ask('none')).toMatchObject({ errorCode: GROUP_ID_NOT_FOUND, topics: [] });
    await member(broker, 'read');
    expect(await ask('read')).toMatchObject(
      told(GROUP_SUBSCRIBED_TO_TOPIC, UNKNOWN_TOPIC_OR_PARTITION),
    );
  });
});
