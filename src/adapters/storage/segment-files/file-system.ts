export type Done = (error: Error | null) => void;
export type CountDone = (error: Error | null, bytes: number) => void;

/**
 * What the engine asks of a file system, so that a test can lose, tear, fail and stall. Calls without a callback are
 * synchronous and throw system errors with a `code`; reads and writes may be short, and name their position.
 */
export interface FileSystem {
  /** Opens for reading and writing; makes the file when there is none. */
  open(path: string): number;
  /** The same, of a file that is there; throws ENOENT when there is none. */
  openExisting(path: string): number;
  close(fd: number): void;
  /** Closes a file that has no name any more, without holding up the event loop while its room is given back. */
  closeLater(fd: number): void;
  writeSync(fd: number, bytes: Buffer, position: number): number;
  write(fd: number, bytes: Buffer, position: number, done: CountDone): void;
  readSync(fd: number, into: Buffer, position: number): number;
  read(fd: number, into: Buffer, position: number, done: CountDone): void;
  truncate(fd: number, size: number): void;
  fdatasync(fd: number, done: Done): void;
  /** The size in bytes, any number for a directory; null when there is no such name. */
  sizeOf(path: string): number | null;
  list(directory: string): string[];
  /** The size of the volume that a path lies on, and what is left of it; -1 where that is not known. */
  volumeOf(path: string): { totalBytes: number; usableBytes: number };
  /** Makes one directory; nothing happens when it is there. */
  makeDirectory(path: string): void;
  /** A second name for a file; throws EEXIST when the name is taken. */
  link(existing: string, name: string): void;
  rename(from: string, to: string): void;
  /** Removes a file or a whole directory; nothing happens when there is none. */
  remove(path: string): void;
  /** The same, without holding up the event loop while room is given back. */
  removeLater(path: string, done: Done): void;
  /** Makes creations, renames and removals in a directory durable. */
  syncDirectory(path: string, done: Done): void;
}
