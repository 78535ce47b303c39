import { dirname, join } from 'node:path';
import { StorageError } from '../../../ports/log-storage.ts';
import type { CountDone, FileSystem } from './file-system.ts';

/** Writes all of `bytes`, however short single writes are. */
export function writeAll(
  fileSystem: FileSystem,
  fd: number,
  bytes: Buffer,
  position: number,
): void {
  let written = fileSystem.writeSync(fd, bytes, position);
  while (written < bytes.length) {
    written += fileSystem.writeSync(fd, bytes.subarray(written), position + written);
  }
}

/** As `writeAll`, without holding up the event loop while a slow disk works. */
export async function writeAllLater(
  fileSystem: FileSystem,
  fd: number,
  bytes: Buffer,
  position: number,
): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const rest = bytes.subarray(written);
    const at = position + written;
    written += await counted(done => fileSystem.write(fd, rest, at, done));
  }
}

/** Fills `into`, or throws `corrupt` where the file is shorter than what is known to be in it. */
export function readAll(fileSystem: FileSystem, fd: number, into: Buffer, position: number): void {
  let filled = 0;
  while (filled < into.length) {
    const rest = filled === 0 ? into : into.subarray(filled);
    const count = fileSystem.readSync(fd, rest, position + filled);
    if (count === 0) throw endsEarly(position + filled);
    filled += count;
  }
}

/** As `readAll`, without holding up the event loop while a cold disk works. */
export async function readAllLater(
  fileSystem: FileSystem,
  fd: number,
  into: Buffer,
  position: number,
): Promise<void> {
  let filled = 0;
  while (filled < into.length) {
    const rest = into.subarray(filled);
    const at = position + filled;
    const count = await counted(done => fileSystem.read(fd, rest, at, done));
    if (count === 0) throw endsEarly(at);
    filled += count;
  }
}

function counted(call: (done: CountDone) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    call((error, count) => (error ? reject(error) : resolve(count)));
  });
}

function endsEarly(position: number): StorageError {
  return new StorageError('corrupt', `a log file ends early, at byte ${position}`);
}

export function readWhole(fileSystem: FileSystem, path: string): Buffer | null {
  const size = fileSystem.sizeOf(path);
  if (size === null) return null;
  const fd = fileSystem.open(path);
  try {
    const bytes = Buffer.allocUnsafe(size);
    readAll(fileSystem, fd, bytes, 0);
    return bytes;
  } finally {
    fileSystem.close(fd);
  }
}

export function synced(fileSystem: FileSystem, fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fileSystem.fdatasync(fd, error => (error ? reject(error) : resolve()));
  });
}

export function directorySynced(fileSystem: FileSystem, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fileSystem.syncDirectory(path, error => (error ? reject(error) : resolve()));
  });
}

/** Removes a file or a whole directory, however large, without holding up the event loop. */
export function removed(fileSystem: FileSystem, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fileSystem.removeLater(path, error => (error ? reject(error) : resolve()));
  });
}

/**
 * Makes a directory and those above it, and makes their names durable: of one that is there too, since the process that made it
 * may have been killed before it could.
 */
export async function makeDirectories(fileSystem: FileSystem, path: string): Promise<void> {
  const parent = dirname(path);
  if (fileSystem.sizeOf(path) !== null)
    return directorySynced(fileSystem, parent).catch(unlessBarred);
  await makeDirectories(fileSystem, parent);
  fileSystem.makeDirectory(path);
  await directorySynced(fileSystem, parent);
}

/** Whoever may not even open a directory has it from somebody else, who answers for its name. */
function unlessBarred(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
}

/** Writes a small file whole, in place, and makes its bytes durable; its name is made durable with the directory. */
export async function writeWhole(
  fileSystem: FileSystem,
  path: string,
  bytes: Buffer,
): Promise<void> {
  const fd = fileSystem.open(path);
  try {
    fileSystem.truncate(fd, 0);
    writeAll(fileSystem, fd, bytes, 0);
    await synced(fileSystem, fd);
  } finally {
    fileSystem.close(fd);
  }
}

/** Replaces a small file at once and durably: after a crash it is the old one or the new one, whole. */
export async function replaceFile(
  fileSystem: FileSystem,
  directory: string,
  name: string,
  bytes: Buffer,
): Promise<void> {
  const path = join(directory, name);
  await writeWhole(fileSystem, `${path}.tmp`, bytes);
  fileSystem.rename(`${path}.tmp`, path);
  await directorySynced(fileSystem, directory);
}

/** Any error as the port's own; system errors mean that input or output failed. */
export function asStorageError(error: unknown, what: string): StorageError {
  if (error instanceof StorageError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError('failed', `${what}: ${reason}`, { cause: error });
}
