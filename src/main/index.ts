export { startBroker, type Broker, type StartOptions } from './start-broker.ts';
// What a storage engine of one's own is made with.
export {
  StorageError,
  type Allocate,
  type LogRewrite,
  type LogSettings,
  type LogStorage,
  type PartitionKey,
  type PartitionLog,
  type StorageErrorCode,
  type StoredPartition,
  type Volume,
} from '../ports/log-storage.ts';
export { continued, withoutPrefix, type EpochStart } from '../domain/model/log/leader-epochs.ts';
export { batchesIn, RecordBatch } from '../domain/model/log/record-batch.ts';
export { SegmentRoll, type SegmentFacts } from '../domain/model/log/segment-roll.ts';
