export interface ListenerAddress {
  readonly host: string;
  readonly port: number;
}

/** A transport that takes requests from outside. */
export interface Listener {
  /** Begins to listen; gives the address that was really bound. */
  start(): Promise<ListenerAddress>;
  /** Takes no new connections, answers what was received, then closes. */
  stop(): Promise<void>;
}
