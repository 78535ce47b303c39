import type { TailItem } from '../../../../domain/use-cases/tail-topic.ts';

type Items = AsyncGenerator<TailItem, void, undefined>;

/** How a reader's stream came to its end. */
export type TailEnd = 'reader gone' | 'broker stops';

/** Something that a reader is told. */
export interface LiveEvent {
  /** Null for a record. */
  readonly name: 'started' | 'live' | 'failure' | null;
  /** Where to go on; empty where that cannot be told. */
  readonly id: string;
  /** JSON. */
  readonly data: string;
}

/** One reader's stream, from before its first answer to its end. */
export class LiveTail {
  readonly #gone = new AbortController();
  #end: TailEnd = 'reader gone';
  #items: Items | null = null;
  #first: TailItem | null = null;

  /** Aborted when the stream is to end. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Why, if it was not for what it reads. */
  get end(): TailEnd {
    return this.#end;
  }

  /** Ends the stream; more than once is as good as once. */
  stop(end: TailEnd): void {
    if (!this.#gone.signal.aborted) this.#end = end;
    this.#gone.abort();
  }

  /** Finds out whether there is anything to read. Rejects with a BrokerError. */
  async begin(items: Items): Promise<void> {
    this.#items = items;
    const { value } = await items.next();
    this.#first = value ?? null;
  }

  /** All that there is to tell, as it is asked for. */
  async *items(): AsyncGenerator<TailItem, void, undefined> {
    if (this.#first !== null) yield this.#first;
    this.#first = null;
    if (this.#items !== null) yield* this.#items;
  }
}
