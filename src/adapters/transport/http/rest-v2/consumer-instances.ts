import type { GroupReader } from '../../../../domain/use-cases/runtime/group-reader.ts';
import type { Cancel, Timers } from '../../../../ports/timers.ts';
import { HttpError } from '../http-errors.ts';
import type { DataFormat } from './data-formats.ts';
import { noInstance } from './v2-errors.ts';

/** A consumer that a client made, and asks by its name. */
export interface ConsumerInstance {
  readonly group: string;
  readonly name: string;
  readonly format: DataFormat;
  readonly reader: GroupReader;
  /** How long a read waits when it does not say, in milliseconds, and what it waits for, in bytes. */
  readonly requestTimeoutMs: number;
  readonly minBytes: number;
}

interface Slot {
  readonly instance: ConsumerInstance;
  /** Aborted when the instance goes: nobody waits for records any more. */
  readonly gone: AbortController;
  cancel: Cancel;
  turn: Promise<unknown>;
}

const INSTANCES_MAX = 1000;

/** Keeps consumer instances until they are deleted, or nobody has asked for them for a time (`consumer.instance.timeout.ms`). */
export class ConsumerInstances {
  readonly #timers: Timers;
  readonly #idleMs: number;
  readonly #slots = new Map<string, Slot>();

  constructor(timers: Timers, idleMs: number) {
    this.#timers = timers;
    this.#idleMs = idleMs;
  }

  /** Throws when there is one of this name in its group, or too many in all. */
  add(instance: ConsumerInstance): void {
    const key = keyOf(instance);
    if (this.#slots.has(key)) {
      throw new HttpError(40902, `there is a consumer instance ${instance.name} already`);
    }
    if (this.#slots.size >= INSTANCES_MAX) {
      throw new HttpError(50301, `there are ${INSTANCES_MAX} consumer instances: delete some`);
    }
    const gone = new AbortController();
    const slot = { instance, gone, cancel: () => undefined, turn: Promise.resolve() };
    this.#slots.set(key, slot);
    this.#wait(slot);
  }

  /** Works with an instance, one request after the other, until the signal. Throws when there is none of this name. */
  use<T>(
    group: string,
    name: string,
    work: (instance: ConsumerInstance, gone: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const slot = this.#slotOf(group, name);
    slot.cancel();
    const turn = slot.turn.then(() => {
      // It may have been deleted while others were served.
      if (this.#slots.get(keyOf({ group, name })) !== slot) throw noInstance(name);
      return work(slot.instance, slot.gone.signal);
    });
    slot.turn = turn.catch(() => undefined).then(() => this.#wait(slot));
    return turn;
  }

  /** Lets an instance leave its group. Throws when there is none of this name. */
  async remove(group: string, name: string): Promise<void> {
    const slot = this.#slotOf(group, name);
    await this.#end(slot);
    await slot.instance.reader.close();
  }

  /** Lets all instances leave, as if nobody had come back to them. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.#slots.values()].map(slot => this.#abandon(slot)));
  }

  #slotOf(group: string, name: string): Slot {
    const slot = this.#slots.get(keyOf({ group, name }));
    if (!slot) throw noInstance(name);
    return slot;
  }

  #wait(slot: Slot): void {
    slot.cancel();
    if (this.#slots.get(keyOf(slot.instance)) !== slot) return;
    slot.cancel = this.#timers.after(this.#idleMs, () => void this.#abandon(slot));
  }

  /** What was read last may never have been looked at: it is not committed. */
  async #abandon(slot: Slot): Promise<void> {
    await this.#end(slot);
    await slot.instance.reader.abandon();
  }

  /** Resolves when nobody uses the instance any more; it is not found from now on. */
  async #end(slot: Slot): Promise<void> {
    slot.cancel();
    this.#slots.delete(keyOf(slot.instance));
    slot.gone.abort();
    await slot.turn;
  }
}

function keyOf({ group, name }: { group: string; name: string }): string {
  return JSON.stringify([group, name]);
}
