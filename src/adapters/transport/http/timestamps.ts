/** Of ECMAScript's Date, in milliseconds since the Unix epoch: Kafka's are of 64 bits, and nobody means them. */
export const TIMESTAMP_MAX_MS = 8.64e15;
