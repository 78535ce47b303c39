import { BrokerError } from '../../model/error.ts';
import type { Topic } from '../../model/topic/topic.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { Timers } from '../../../ports/timers.ts';
import { coordinatorError } from './coordinator-errors.ts';
import { CoordinatorLog } from './coordinator-log.ts';
import type { CoordinatorKind, CoordinatorMachine } from './coordinator-machine.ts';
import { CoordinatorShard } from './coordinator-shard.ts';
import type { FlushPolicy } from './flush-policy.ts';
import type { PartitionRegistry } from './partition-registry.ts';
import { Slices } from './slices.ts';

/** How long a request waits for a coordinator that is being loaded, before its client is told to try again. */
const LOAD_WAIT_MS = 1000;

export interface CoordinatorRuntimeOptions<Command, Event> {
  readonly kind: CoordinatorKind<Command, Event>;
  /** The topic that the coordinators' state lies in, made if it is not there. */
  readonly topic: () => Promise<Topic>;
  readonly partitions: PartitionRegistry;
  readonly flushPolicy: FlushPolicy;
  readonly checksum: Checksum;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

export type Shard<Command, Event> = CoordinatorShard<Command, Event>;
type Slot<Command, Event> = Shard<Command, Event> | Promise<Shard<Command, Event>> | undefined;

/**
 * The coordinators of one internal topic, one per partition (Kafka's CoordinatorRuntime): each is loaded when it is first needed,
 * by replaying its partition, and again when its log has failed, since what it had in memory may be more than what is on disk.
 */
export class CoordinatorRuntime<Command, Event> {
  readonly #options: CoordinatorRuntimeOptions<Command, Event>;
  readonly #slots: Slot<Command, Event>[] = [];
  readonly #slices: Slices;
  #stopped: BrokerError | null = null;

  constructor(options: CoordinatorRuntimeOptions<Command, Event>) {
    this.#options = options;
    this.#slices = new Slices(options.clock, options.timers);
  }

  /**
   * Asks the coordinator of a partition. Rejects with COORDINATOR_LOAD_IN_PROGRESS while it is loaded and that takes long,
   * with NOT_COORDINATOR or COORDINATOR_NOT_AVAILABLE when its log fails or the broker stops.
   */
  async ask(index: number, command: (replyTo: number) => Command): Promise<unknown> {
    const slot = this.#slots[index];
    const shard = slot instanceof CoordinatorShard ? slot : await this.#loadSoon(index);
    return shard.ask(command);
  }

  /** Loads a coordinator if it is not. Rejects with a BrokerError. */
  load(index: number): Promise<Shard<Command, Event>> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    const slot = this.#slots[index];
    if (slot !== undefined) return Promise.resolve(slot);
    const loading = this.#load(index).catch((error: unknown) => {
      if (this.#slots[index] === loading) this.#slots[index] = undefined;
      throw this.#refusal(index, error);
    });
    this.#slots[index] = loading;
    return loading;
  }

  /** Every coordinator that is loaded. */
  *loaded(): Generator<Shard<Command, Event>> {
    for (const slot of this.#slots) if (slot instanceof CoordinatorShard) yield slot;
  }

  /** Answers what is under way, tells the rest to look elsewhere, and waits for nobody any more. */
  async stop(): Promise<void> {
    const reason = new BrokerError('COORDINATOR_NOT_AVAILABLE', 'the broker stops');
    this.#stopped = reason;
    const stopping = this.#slots.map(async slot => {
      const shard = await Promise.resolve(slot).catch(() => undefined);
      await shard?.stop(reason);
    });
    await Promise.all(stopping);
  }

  async #loadSoon(index: number): Promise<Shard<Command, Event>> {
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      const error = new BrokerError('COORDINATOR_LOAD_IN_PROGRESS', 'the coordinator is loading');
      cancel = this.#options.timers.after(LOAD_WAIT_MS, () => reject(error));
    });
    try {
      const shard = await Promise.race([this.load(index), late]);
      await this.#slices.turn();
      return shard;
    } finally {
      cancel();
    }
  }

  async #load(index: number): Promise<Shard<Command, Event>> {
    const { kind, partitions, checksum, clock, timers, flushPolicy } = this.#options;
    const topic = await this.#options.topic();
    const partition = await partitions.open(topic, index);
    if (partition.offline !== null) throw new BrokerError(partition.offline, 'the log is offline');
    const log = new CoordinatorLog(partition, kind.records, checksum);
    const machine: CoordinatorMachine<Command, Event> = kind.create();
    await log.replay(event => machine.apply(event));
    if (this.#stopped) throw this.#stopped;
    const shard: Shard<Command, Event> = new CoordinatorShard({
      ...{ kind, machine, log, clock, timers },
      isDurable: () => flushPolicy.waitsForDisk(-1),
      onFailure: error => this.#failed(index, shard, error),
    });
    this.#slots[index] = shard;
    shard.begin();
    return shard;
  }

  #failed(index: number, shard: Shard<Command, Event>, error: unknown): void {
    if (this.#slots[index] === shard) this.#slots[index] = undefined;
    this.#refusal(index, error);
  }

  #refusal(index: number, error: unknown): BrokerError {
    if (error === this.#stopped) return this.#stopped!;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.logger.error({ partition: index, error: text }, 'a coordinator failed');
    return coordinatorError(error);
  }
}
