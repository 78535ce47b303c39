import { refusalOf } from '../../api/request.ts';
import type { LogRecord } from '../../api/types.ts';

/** Who is told what comes. */
export interface TailReader {
  opened(): void;
  record(record: LogRecord): void;
  /** All that there was has been read. */
  live(): void;
  /** It is not connected now, and tries again; why, where the broker has said so. */
  lost(message: string | null): void;
  /** It does not try again. */
  failed(message: string): void;
}

export interface TailConnectionOptions {
  /** Of what server-sent events are read; with a query. */
  readonly url: string;
  /** Whether it lets go while nobody sees the page: a browser has six connections to one host, for all its tabs. */
  readonly whileSeen: boolean;
}

const AGAIN_AFTER_MS = 2_000;

/**
 * Reads a tail until it is closed, and goes on where it was after a time without a connection. The browser does so by itself where
 * nobody answers, but takes any answer that is no stream for the last word, that of a broker which is starting too.
 */
export class TailConnection {
  readonly #options: TailConnectionOptions;
  readonly #reader: TailReader;
  readonly #closed = new AbortController();
  /** Of what is being tried or read; null while nobody sees the page. */
  #attempt: AbortController | null = null;
  #lastId = '';

  constructor(options: TailConnectionOptions, reader: TailReader) {
    this.#options = options;
    this.#reader = reader;
  }

  /** Once. */
  open(): void {
    const { signal } = this.#closed;
    document.addEventListener('visibilitychange', () => this.#follow(), { signal });
    this.#follow();
  }

  close(): void {
    this.#closed.abort();
    this.#letGo();
  }

  get #url(): string {
    const { url } = this.#options;
    return this.#lastId === '' ? url : `${url}&last_event_id=${encodeURIComponent(this.#lastId)}`;
  }

  #follow(): void {
    if (document.hidden && this.#options.whileSeen) this.#letGo();
    else if (this.#attempt === null) this.#connect();
  }

  #letGo(): void {
    this.#attempt?.abort();
    this.#attempt = null;
  }

  #connect(): void {
    const attempt = (this.#attempt = new AbortController());
    const source = new EventSource(this.#url);
    attempt.signal.addEventListener('abort', () => source.close());
    source.onopen = () => this.#reader.opened();
    source.onmessage = event => {
      this.#mark(event);
      this.#reader.record(JSON.parse(event.data as string) as LogRecord);
    };
    source.addEventListener('started', event => this.#mark(event));
    source.addEventListener('live', event => {
      this.#mark(event);
      this.#reader.live();
    });
    source.addEventListener('failure', ({ data }) => {
      this.#fail((JSON.parse(data as string) as { message: string }).message);
    });
    source.onerror = () => {
      this.#reader.lost(null);
      if (source.readyState === EventSource.CLOSED) void this.#tryAgain(attempt.signal);
    };
  }

  /** An event without an id leaves the one before. */
  #mark({ lastEventId }: MessageEvent): void {
    if (lastEventId !== '') this.#lastId = lastEventId;
  }

  /** What an EventSource does not tell is asked for once more: only a question that is wrong stays so. */
  async #tryAgain(signal: AbortSignal): Promise<void> {
    const refusal = await refusalOf(this.#url, signal);
    if (signal.aborted) return;
    if (refusal?.isFinal) return this.#fail(refusal.message);
    if (refusal !== null) this.#reader.lost(refusal.message);
    setTimeout(() => {
      if (!signal.aborted) this.#connect();
    }, AGAIN_AFTER_MS);
  }

  #fail(message: string): void {
    this.close();
    this.#reader.failed(message);
  }
}
