/** A value that may be there at once: databases that answer on the spot should cost no promise. */
export type Later<T> = T | Promise<T>;

/** Goes on with a value, at once when it is there. */
export function after<T, R>(value: Later<T>, next: (value: T) => Later<R>): Later<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
