import { BrokerError, type ErrorName } from '../model/error.ts';
import type { RecordDefect } from '../model/log/batch-validation.ts';
import type { PartitionRef } from '../model/log/partition-ref.ts';
import { RecordBatch } from '../model/log/record-batch.ts';
import type { Traffic } from '../model/metrics/traffic.ts';
import type { Topic } from '../model/topic/topic.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Timers } from '../../ports/timers.ts';
import type { FlushPolicy } from './runtime/flush-policy.ts';
import type { Appended, Partition } from './runtime/partition.ts';
import type { PartitionRegistry } from './runtime/partition-registry.ts';
import type { Admission, RecordIntake } from './runtime/record-intake.ts';
import { storageErrorName } from './runtime/storage-errors.ts';

/** Bytes for one partition, as they came; they must hold until `execute` first returns. */
export interface ProducePartition extends PartitionRef {
  readonly records: Buffer | null;
}

export interface ProduceCommand {
  /** 0 nobody waits, 1 written, -1 written as the flush policy says. */
  readonly acks: number;
  /** How long to wait for the disk at most, in milliseconds. */
  readonly timeoutMs: number;
  readonly transactionalId: string | null;
  /** False for requests of versions that do not know zstd. */
  readonly zstdAllowed: boolean;
  readonly partitions: readonly ProducePartition[];
}

export interface ProduceOutcome extends Appended {
  readonly recordErrors: readonly RecordDefect[];
  readonly logStartOffset: number;
}

const NO_BYTES = Buffer.alloc(0);
const NO_DEFECTS: readonly RecordDefect[] = [];
/** Failures that are not counted as such (ReplicaManager.appendToLocalLog): a producer is told them every day. */
const EXPECTED_ERRORS = new Set<ErrorName | null>([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NOT_LEADER_OR_FOLLOWER',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'CORRUPT_MESSAGE',
  'KAFKA_STORAGE_ERROR',
]);

/**
 * Appends record batches to partitions and answers when they are as safe as the producer asked. `min.insync.replicas` above one
 * refuses nothing: it counts for no more than the replicas that a partition has, and here that is one (Partition.effectiveMinIsr).
 */
export class Produce {
  readonly #registry: PartitionRegistry;
  readonly #intake: RecordIntake;
  readonly #flushPolicy: FlushPolicy;
  readonly #clock: Clock;
  readonly #timers: Timers;

  constructor(options: {
    registry: PartitionRegistry;
    intake: RecordIntake;
    flushPolicy: FlushPolicy;
    clock: Clock;
    timers: Timers;
  }) {
    this.#registry = options.registry;
    this.#intake = options.intake;
    this.#flushPolicy = options.flushPolicy;
    this.#clock = options.clock;
    this.#timers = options.timers;
  }

  /** The outcomes, in the order of the partitions. All that can be appended at once is, before this returns. */
  async execute(command: ProduceCommand): Promise<ProduceOutcome[]> {
    const { acks, partitions } = command;
    if (acks < -1 || acks > 1) {
      const message = `acks must be -1, 0 or 1, not ${acks}`;
      return partitions.map(() => refused('INVALID_REQUIRED_ACKS', message));
    }
    // Most requests have one partition, and are cheaper without promises of their own.
    if (partitions.length === 1) return [await this.#write(partitions[0]!, command)];
    return Promise.all(partitions.map(async partition => this.#write(partition, command)));
  }

  #write(
    wanted: ProducePartition,
    command: ProduceCommand,
  ): ProduceOutcome | Promise<ProduceOutcome> {
    const located = this.#registry.locate(wanted);
    if ('error' in located) return refused(located.error, 'this broker has no such partition');
    const { topic } = located;
    if (topic.internal) return refused('INVALID_TOPIC_EXCEPTION', "this topic is the broker's own");
    const admission = this.#intake.admit(wanted.records ?? NO_BYTES, topic, command.zstdAllowed);
    const partition = this.#registry.opened(topic, wanted.partition);
    if (admission instanceof Promise || partition === undefined || partition.hasQueue) {
      return this.#writeLater(topic, wanted.partition, { admission: kept(admission), command });
    }
    return this.#append(partition, admission, command);
  }

  /** For a batch that must be inflated first, a log that must be opened first, or one behind such a batch. */
  async #writeLater(
    topic: Topic,
    index: number,
    later: { admission: Admission | Promise<Admission>; command: ProduceCommand },
  ): Promise<ProduceOutcome> {
    // What fails before its turn is told in its turn.
    if (later.admission instanceof Promise) later.admission.catch(() => undefined);
    try {
      // Without a wait where the log is open: whoever comes next must find this one in line.
      const opened = this.#registry.opened(topic, index);
      const partition = opened ?? (await this.#registry.open(topic, index));
      // The order of the requests is the order of the log, whoever is inflated first.
      const turn = await partition.inTurn(async () => {
        const admission = await later.admission;
        return { outcome: this.#append(partition, admission, later.command) };
      });
      return await turn.outcome;
    } catch (error) {
      return refused(storageErrorName(error), 'the log of this partition cannot be opened');
    }
  }

  #append(
    partition: Partition,
    admission: Admission,
    command: ProduceCommand,
  ): ProduceOutcome | Promise<ProduceOutcome> {
    const { traffic } = partition;
    traffic.produceRequest();
    if (!(admission instanceof RecordBatch)) {
      const { error, message, recordErrors } = admission;
      return counted(traffic, refused(error, message, recordErrors));
    }
    if (admission.isTransactional) {
      const message = 'the partition is in no transaction of this producer';
      return counted(traffic, refused('INVALID_TXN_STATE', message));
    }
    const appended = partition.append(admission, this.#clock.now());
    // Field by field: a spread costs more than all the rest of a small request.
    const outcome: ProduceOutcome = {
      error: appended.error,
      message: appended.message,
      baseOffset: appended.baseOffset,
      logAppendTimeMs: appended.logAppendTimeMs,
      recordErrors: NO_DEFECTS,
      logStartOffset: partition.logStartOffset,
    };
    if (outcome.error !== null) return counted(traffic, outcome);
    return this.#commit(partition, outcome, command);
  }

  #commit(
    partition: Partition,
    outcome: ProduceOutcome,
    { acks, timeoutMs }: ProduceCommand,
  ): ProduceOutcome | Promise<ProduceOutcome> {
    const durable = this.#flushPolicy.waitsForDisk(acks);
    const answered = partition.commit(durable).then(() => outcome, failure);
    if (acks === 0) return outcome;
    return durable ? this.#withDeadline(answered, timeoutMs) : answered;
  }

  /** A disk that hangs is told as a timeout; the batch may still become durable, and its producer will try again. */
  #withDeadline(answered: Promise<ProduceOutcome>, timeoutMs: number): Promise<ProduceOutcome> {
    return new Promise((resolve, reject) => {
      const cancel = this.#timers.after(Math.max(1, timeoutMs), () =>
        resolve(refused('REQUEST_TIMED_OUT', `the disk did not answer in ${timeoutMs} ms`)),
      );
      answered.finally(cancel).then(resolve, reject);
    });
  }
}

/** What waits must not look into the receive buffer, which is used again. */
function kept(admission: Admission | Promise<Admission>): Admission | Promise<Admission> {
  return admission instanceof RecordBatch ? admission.copy() : admission;
}

function counted(traffic: Traffic, refusal: ProduceOutcome): ProduceOutcome {
  if (!EXPECTED_ERRORS.has(refusal.error)) traffic.failedProduceRequest();
  return refusal;
}

function failure(error: unknown): ProduceOutcome {
  if (error instanceof BrokerError) return refused(error.code, error.message);
  throw error;
}

function refused(
  error: ErrorName,
  message: string,
  recordErrors: readonly RecordDefect[] = NO_DEFECTS,
): ProduceOutcome {
  const nowhere = { baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1 };
  return { error, message, recordErrors, ...nowhere };
}
