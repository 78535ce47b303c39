import * as fs from 'node:fs';
import type { CountDone, Done, FileSystem } from './file-system.ts';

const READ_WRITE_CREATE = fs.constants.O_RDWR | fs.constants.O_CREAT;

/** The machine's own file system. */
export class NodeFileSystem implements FileSystem {
  open(path: string): number {
    return fs.openSync(path, READ_WRITE_CREATE, 0o644);
  }
  close(fd: number): void {
    fs.closeSync(fd);
  }
  writeSync(fd: number, bytes: Buffer, position: number): number {
    return fs.writeSync(fd, bytes, 0, bytes.length, position);
  }
  write(fd: number, bytes: Buffer, position: number, done: CountDone): void {
    fs.write(fd, bytes, 0, bytes.length, position, done);
  }
  readSync(fd: number, into: Buffer, position: number): number {
    return fs.readSync(fd, into, 0, into.length, position);
  }
  read(fd: number, into: Buffer, position: number, done: CountDone): void {
    fs.read(fd, into, 0, into.length, position, done);
  }
  truncate(fd: number, size: number): void {
    fs.ftruncateSync(fd, size);
  }
  fdatasync(fd: number, done: Done): void {
    fs.fdatasync(fd, done);
  }
  sizeOf(path: string): number | null {
    return fs.statSync(path, { throwIfNoEntry: false })?.size ?? null;
  }
  list(directory: string): string[] {
    return fs.readdirSync(directory);
  }
  makeDirectory(path: string): void {
    if (!fs.existsSync(path)) fs.mkdirSync(path);
  }
  link(existing: string, name: string): void {
    fs.linkSync(existing, name);
  }
  rename(from: string, to: string): void {
    fs.renameSync(from, to);
  }
  remove(path: string): void {
    fs.rmSync(path, { recursive: true, force: true });
  }
  syncDirectory(path: string, done: Done): void {
    const fd = fs.openSync(path, fs.constants.O_RDONLY);
    fs.fsync(fd, error => {
      fs.closeSync(fd);
      done(error);
    });
  }
}
