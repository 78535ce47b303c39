/**
 * What goes in and out of a topic, or of all of them, since the broker started (Kafka's BrokerTopicMetrics). Counting is adding to
 * numbers: whoever wants to know reads them.
 */
export class Traffic {
  messagesIn = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Partitions in produce requests, and in fetch requests, as Kafka counts them. */
  produceRequests = 0;
  fetchRequests = 0;
  failedProduceRequests = 0;
  failedFetchRequests = 0;
  readonly #total: Traffic | null;

  /** All that is counted here is counted in `total` too, which outlives its topics. */
  constructor(total: Traffic | null = null) {
    this.#total = total;
  }

  /** Records and bytes that were appended. */
  appended(messages: number, bytes: number): void {
    this.messagesIn += messages;
    this.bytesIn += bytes;
    this.#total?.appended(messages, bytes);
  }

  produceRequest(): void {
    this.produceRequests += 1;
    this.#total?.produceRequest();
  }

  failedProduceRequest(): void {
    this.failedProduceRequests += 1;
    this.#total?.failedProduceRequest();
  }

  /** One that was answered with so many bytes of batches. */
  fetchRequest(bytes: number): void {
    this.fetchRequests += 1;
    this.bytesOut += bytes;
    this.#total?.fetchRequest(bytes);
  }

  failedFetchRequest(): void {
    this.failedFetchRequests += 1;
    this.#total?.failedFetchRequest();
  }
}
