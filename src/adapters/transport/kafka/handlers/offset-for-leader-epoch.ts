import type { OffsetForLeaderEpoch as OffsetForLeaderEpochUseCase } from '../../../../domain/use-cases/offset-for-leader-epoch.ts';
import { OffsetForLeaderEpoch } from '../messages/offset-for-leader-epoch.ts';
import { serve, type ServedApi } from '../registry.ts';
import { byTopic, fromPartitions } from './by-topic.ts';
import { errorCode } from './errors.ts';

/** Says where leader epochs ended (KIP-320). Whoever asks, replica (v3) or consumer, hears the same. */
export function offsetForLeaderEpochHandler(useCase: OffsetForLeaderEpochUseCase): ServedApi {
  return serve(OffsetForLeaderEpoch, async ({ topics }) => {
    const ends = await useCase.execute(
      fromPartitions(topics, ({ partition, leaderEpoch, currentLeaderEpoch }, { topic }) => ({
        topic,
        topicId: null,
        partition,
        leaderEpoch,
        currentLeaderEpoch,
      })),
    );
    const answered = byTopic(topics, ends, ({ partition }, { error, leaderEpoch, endOffset }) => ({
      errorCode: errorCode(error),
      partition,
      leaderEpoch,
      endOffset,
    }));
    return {
      topics: answered.map(({ topic: { topic }, partitions }) => ({ topic, partitions })),
    };
  });
}
