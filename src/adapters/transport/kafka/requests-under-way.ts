/** Produce requests of one connection that may be under way at once; beyond it, it is not read from. */
const OVERLAPPING_MAX = 1000;
const OVERLAPPING_BYTES_MAX = 32 * 1024 * 1024;

/** Counts what one connection has begun and not answered: any number of requests that overlap, or one that does not. */
export class RequestsUnderWay {
  #alone = false;
  #overlapping = 0;
  #bytes = 0;

  /** Whether a request runs that nothing may overlap. */
  get alone(): boolean {
    return this.#alone;
  }

  /** Too much is under way to read on. */
  get full(): boolean {
    return this.#overlapping >= OVERLAPPING_MAX || this.#bytes >= OVERLAPPING_BYTES_MAX;
  }

  /** Enough has been answered to read on: well below the limit, so that reading is not stopped and started at each request. */
  get hasRoom(): boolean {
    return this.#overlapping <= OVERLAPPING_MAX / 2 && this.#bytes <= OVERLAPPING_BYTES_MAX / 2;
  }

  /** `bytes` is the size of a request that overlaps; 0 for one that does not. */
  begin(bytes: number): void {
    if (bytes === 0) this.#alone = true;
    else this.#count(1, bytes);
  }

  end(bytes: number): void {
    if (bytes === 0) this.#alone = false;
    else this.#count(-1, -bytes);
  }

  #count(requests: number, bytes: number): void {
    this.#overlapping += requests;
    this.#bytes += bytes;
  }
}
