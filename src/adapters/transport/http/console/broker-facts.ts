/** What stays the same while a broker runs, for people who look at it. */
export interface BrokerFacts {
  /** Of Hexlog. */
  readonly version: string;
  /** The engine by its name. */
  readonly storage: string;
  /** Null for an engine without one. */
  readonly dataDir: string | null;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
  /** Where clients come in, by what they speak. */
  readonly listeners: () => readonly { readonly name: string; readonly address: string }[];
}
