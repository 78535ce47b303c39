export type Done = (error: Error | null) => void;
export type CountDone = (error: Error | null, bytes: number) => void;

/**
 * What the engine asks of a file system, so that a test can lose, tear, fail and stall. Calls without a callback are
 * synchronous and throw system errors with a `code`; reads and writes may be short, and name their position.
 */
export interface FileSystem {
  /** Opens for reading and writing; makes the file when there is none. */
  open(path: string): number;
  close(fd: number): void;
  writeSync(fd: number, bytes: Buffer, position: number): number;
  write(fd: number, bytes: Buffer, position: number, done: CountDone): void;
  readSync(fd: number, into: Buffer, position: number): number;
  read(fd: number, into: Buffer, position: number, done: CountDone): void;
  truncate(fd: number, size: number): void;
  fdatasync(fd: number, done: Done): void;
  /** The size in bytes, any number for a directory; null when there is no such name. */
  sizeOf(path: string): number | null;
  list(directory: string): string[];
  /** Makes one directory; nothing happens when it is there. */
  makeDirectory(path: string): void;
  /** A second name for a file; throws EEXIST when the name is taken. */
  link(existing: string, name: string): void;
  rename(from: string, to: string): void;
  /** Removes a file or a whole directory; nothing happens when there is none. */
  remove(path: string): void;
  /** Makes creations, renames and removals in a directory durable. */
  syncDirectory(path: string, done: Done): void;
}
