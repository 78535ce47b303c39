/** Randomness, so that a simulator can repeat a run from its seed. */
export interface Random {
  /** A random UUID in Kafka's text form: 22 characters of URL-safe base64. */
  uuid(): string;
  /** A random integer from 0 to `bound` - 1. */
  integer(bound: number): number;
}
