/** What is done about a decision: replies leave when it is durable, timers are set and cancelled at once. */
export type CoordinatorEffect =
  | { readonly kind: 'reply'; readonly to: number; readonly response: unknown }
  | { readonly kind: 'timer'; readonly key: string; readonly ms: number }
  | { readonly kind: 'cancel-timer'; readonly key: string };

export interface CoordinatorDecision<Event> {
  readonly events: readonly Event[];
  readonly effects: readonly CoordinatorEffect[];
  /** Whether the events may be written, and kept, in part. */
  readonly divisible: boolean;
}

/** A coordinator as a pure state machine: decides, and applies what it has decided or what is replayed. */
export interface CoordinatorMachine<Command, Event> {
  decide(command: Command, nowMs: number): CoordinatorDecision<Event>;
  apply(event: Event): void;
}

/** Events as records. */
export interface EventRecords<Event> {
  encode(event: Event): { readonly key: Buffer; readonly value: Buffer | null };
  /** Null for a record that is to be skipped; throws when one is damaged. */
  decode(key: Buffer, value: Buffer | null): Event | null;
}

/** Makes the machine of a partition, and says what has happened to it in its own words. */
export interface CoordinatorKind<Command, Event> {
  readonly records: EventRecords<Event>;
  create(): CoordinatorMachine<Command, Event>;
  readonly loaded: Command;
  timerRan(key: string): Command;
}
