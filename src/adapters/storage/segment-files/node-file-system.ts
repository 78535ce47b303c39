import * as fs from 'node:fs';
import type { CountDone, Done, FileSystem } from './file-system.ts';

const READ_WRITE_CREATE = fs.constants.O_RDWR | fs.constants.O_CREAT;

/** The machine's own file system. */
export class NodeFileSystem implements FileSystem {
  open(path: string): number {
    return fs.openSync(path, READ_WRITE_CREATE, 0o644);
  }
  openExisting(path: string): number {
    return fs.openSync(path, fs.constants.O_RDWR);
  }
  close(fd: number): void {
    fs.closeSync(fd);
  }
  closeLater(fd: number): void {
    // Nobody can find the file any more, so nobody has to know.
    fs.close(fd, () => undefined);
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
  volumeOf(path: string): { totalBytes: number; usableBytes: number } {
    const { bsize, blocks, bavail } = fs.statfsSync(path);
    return { totalBytes: bsize * blocks, usableBytes: bsize * bavail };
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
  removeLater(path: string, done: Done): void {
    fs.rm(path, { recursive: true, force: true }, done);
  }
  syncDirectory(path: string, done: Done): void {
    const fd = fs.openSync(path, fs.constants.O_RDONLY);
    fs.fsync(fd, error => {
      fs.close(fd, closeError => done(error ?? closeError ?? null));
    });
  }
}
