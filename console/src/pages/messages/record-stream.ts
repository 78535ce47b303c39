import { batch, signal } from '@preact/signals';
import type { LogRecord } from '../../api/types.ts';
import { bounded } from './record-window.ts';
import { TailConnection } from './tail-connection.ts';

/** It is over when it has `ended` with all there is, is `full`, was `stopped`, or has `failed`. */
export type StreamState =
  'connecting' | 'reading' | 'live' | 'ended' | 'full' | 'stopped' | 'failed';

export interface StreamOptions {
  /** Of what server-sent events are read. */
  readonly url: string;
  /** Whether it is over once all that there is has been read, or so many were found. */
  readonly untilEnd: boolean;
}

const BOUND = { rows: 2_000, bytes: 16 * 1024 * 1024 };
/** New records are shown so often, however many come. */
const SHOWN_EVERY_MS = 100;

/** Records as they come, of which the newest are kept; the first, where it is to come to an end. */
export class RecordStream {
  readonly rows = signal<readonly LogRecord[]>([]);
  /** How many were given up at the top, as a negative number. */
  readonly shift = signal(0);
  readonly state = signal<StreamState>('connecting');
  /** Why it has failed or is not connected, where the broker said so. */
  readonly message = signal<string | null>(null);
  readonly isPaused = signal(false);
  /** How many came since, and wait to be shown. */
  readonly waiting = signal(0);
  readonly received = signal(0);
  readonly #options: StreamOptions;
  #connection: TailConnection | null = null;
  #pending: LogRecord[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  get isOver(): boolean {
    return !['connecting', 'reading', 'live'].includes(this.state.value);
  }

  /** Begins, or begins anew after it has failed. */
  open(): void {
    this.#connection?.close();
    this.clear();
    batch(() => {
      this.received.value = 0;
      this.#turn('connecting');
    });
    const { url, untilEnd } = this.#options;
    this.#connection = new TailConnection(
      { url, whileSeen: !untilEnd },
      {
        opened: () => this.#turn('reading'),
        record: record => this.#take(record),
        live: () => (untilEnd ? this.#finish('ended') : this.#turn('live')),
        lost: message => this.#turn('connecting', message),
        failed: message => this.#finish('failed', message),
      },
    );
    this.#connection.open();
  }

  pause(): void {
    this.isPaused.value = true;
  }

  resume(): void {
    this.isPaused.value = false;
    this.#show();
  }

  clear(): void {
    this.#pending = [];
    batch(() => {
      this.rows.value = [];
      this.shift.value = 0;
      this.waiting.value = 0;
    });
  }

  stop(): void {
    if (!this.isOver) this.#finish('stopped');
  }

  #turn(state: StreamState, message: string | null = null): void {
    batch(() => {
      this.state.value = state;
      this.message.value = message;
    });
  }

  #finish(state: StreamState, message: string | null = null): void {
    this.#connection?.close();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#turn(state, message);
    if (this.isPaused.value) this.waiting.value = this.#pending.length;
    else this.#show();
  }

  #take(record: LogRecord): void {
    this.#pending.push(record);
    // What nobody will see is given up here, too.
    if (this.#pending.length > 2 * BOUND.rows) {
      this.#pending = [...bounded(this.#pending, 'newest', BOUND)];
    }
    if (this.#options.untilEnd && this.received.value + this.#pending.length >= BOUND.rows) {
      return this.#finish('full');
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.isPaused.value) this.waiting.value = this.#pending.length;
      else this.#show();
    }, SHOWN_EVERY_MS);
  }

  #show(): void {
    const { untilEnd } = this.#options;
    const all = [...this.rows.value, ...this.#pending];
    const kept = bounded(all, untilEnd ? 'oldest' : 'newest', BOUND);
    const came = this.#pending.length;
    this.#pending = [];
    batch(() => {
      if (!untilEnd) this.shift.value -= all.length - kept.length;
      this.received.value += came;
      this.waiting.value = 0;
      if (came > 0) this.rows.value = kept;
    });
    if (untilEnd && kept.length < all.length && this.state.value !== 'full') this.#finish('full');
  }
}
