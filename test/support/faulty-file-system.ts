import { basename, dirname } from 'node:path';
import type {
  CountDone,
  Done,
  FileSystem,
} from '../../src/adapters/storage/segment-files/file-system.ts';
import { SeededRandom } from './seeded-random.ts';

type FileChange = { readonly position: number; readonly bytes: Buffer } | { readonly size: number };
type Entries = Map<string, Inode>;
type NameChange = (entries: Entries) => void;

/** A file: what was written, what of it is on disk, and what lies between. */
class FileInode {
  content: Buffer = Buffer.alloc(0);
  durable: Buffer = Buffer.alloc(0);
  unsynced: FileChange[] = [];

  change(change: FileChange): void {
    this.content = applied(this.content, change);
    this.unsynced.push(change);
  }
}

class DirectoryInode {
  entries: Entries = new Map();
  durable: Entries = new Map();
  unsynced: NameChange[] = [];

  change(change: NameChange): void {
    change(this.entries);
    this.unsynced.push(change);
  }
}

type Inode = FileInode | DirectoryInode;
export type Operation = 'write' | 'read' | 'sync' | 'sync-directory' | 'open' | 'rename';

/**
 * What a crash does to what was not synced: all of it is lost; or it survives up to a random point and the last write is torn; or
 * each sector of each write survives or not, by chance (names still in order, as file systems with a journal keep them). When
 * only the process dies, the kernel has everything.
 */
export type CrashMode = 'lose-all' | 'keep-prefix' | 'keep-sectors' | 'kill-process';

const SECTOR_BYTES = 512;

/**
 * A file system in memory which keeps apart what was written and what was synced, for names as for bytes. It can lose power, fail
 * the n-th operation, and hold syncs back. A sync that fails loses its pages for good, as Linux does: the next one succeeds
 * and brings nothing back.
 */
export class FaultyFileSystem implements FileSystem {
  readonly #root = new DirectoryInode();
  #descriptors = new Map<number, FileInode>();
  #paths = new Map<number, string>();
  #nextFd = 3;
  #faults: { operation: Operation; path: RegExp; countdown: number; code: string }[] = [];
  #stalled: (() => void)[] | null = null;
  #onStall: (() => void) | null = null;
  #life = 0;
  /** How many more changes there will be before power goes; every later call fails. */
  #changesLeft = Infinity;
  /** How often each operation was called. */
  readonly calls: Record<Operation, number> = {
    write: 0,
    read: 0,
    sync: 0,
    'sync-directory': 0,
    open: 0,
    rename: 0,
  };
  /** Runs before every write; a test's slow disk moves its clock here. */
  beforeWrite: () => void = () => undefined;
  mostOpen = 0;
  /** How often the machine has started: a process that dies alone leaves the page cache as it was. */
  boots = 1;
  /** While it is, what is in files can be written over, and nothing can grow or be made. */
  isFull = false;

  get openCount(): number {
    return this.#descriptors.size;
  }

  /** The n-th of these operations from now on, on a path that matches, fails once with the code. */
  failNth(operation: Operation, nth: number, code: string, path = /./): void {
    this.#faults.push({ operation, path, countdown: nth, code });
  }

  /** What was to fail, and has not yet, does not. */
  heal(): void {
    this.#faults = [];
  }

  /** Holds back the answers of syncs until `release`; `stalled` resolves when the first one waits. */
  stallSyncs(): { stalled: Promise<void>; release: () => void } {
    this.#stalled = [];
    const stalled = new Promise<void>(resolve => (this.#onStall = resolve));
    const release = () => {
      const waiting = this.#stalled ?? [];
      this.#stalled = null;
      for (const run of waiting) run();
    };
    return { stalled, release };
  }

  /**
   * Power goes, or the process dies, at the n-th change from now on: it and all that follows fail, until `crash` says which it was
   * and brings the machine up again.
   */
  losePowerAt(change: number): void {
    this.#changesLeft = change;
  }

  get hasPower(): boolean {
    return this.#changesLeft > 0;
  }

  /** This file system as one process sees it: from the next crash on, that process can do nothing any more. */
  forProcess(): FileSystem {
    const life = this.#life;
    return new Proxy<FileSystem>(this, {
      get: (target, name) => {
        if (life !== this.#life) throw systemError('EIO', 'the process is gone');
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  /** Power goes: what was not synced is lost as `mode` says, and nobody's descriptors or callbacks live on. */
  crash(mode: CrashMode, random: SeededRandom = new SeededRandom(1)): void {
    this.#life += 1;
    this.#descriptors = new Map();
    this.#paths = new Map();
    this.#stalled = null;
    this.#faults = [];
    this.#changesLeft = Infinity;
    if (mode === 'kill-process') return;
    this.boots += 1;
    crashInode(this.#root, mode, random);
  }

  open(path: string): number {
    this.#count('open', path);
    const directory = this.#directory(dirname(path));
    let inode = directory.entries.get(basename(path));
    if (inode === undefined) {
      this.#needRoom(path);
      this.#spend();
      const created = new FileInode();
      inode = created;
      directory.change(entries => entries.set(basename(path), created));
    }
    if (!(inode instanceof FileInode)) throw systemError('EISDIR', path);
    const fd = this.#nextFd++;
    this.#descriptors.set(fd, inode);
    this.#paths.set(fd, path);
    this.mostOpen = Math.max(this.mostOpen, this.openCount);
    return fd;
  }

  openExisting(path: string): number {
    if (this.#find(path) === undefined) throw systemError('ENOENT', path);
    return this.open(path);
  }

  close(fd: number): void {
    this.#file(fd);
    this.#descriptors.delete(fd);
    this.#paths.delete(fd);
  }

  closeLater(fd: number): void {
    this.close(fd);
  }

  writeSync(fd: number, bytes: Buffer, position: number): number {
    const file = this.#file(fd);
    this.beforeWrite();
    this.#count('write', this.#paths.get(fd)!);
    if (position + bytes.length > file.content.length) this.#needRoom(this.#paths.get(fd)!);
    this.#spend();
    file.change({ position, bytes: Buffer.from(bytes) });
    return bytes.length;
  }

  write(fd: number, bytes: Buffer, position: number, done: CountDone): void {
    this.#later(() => {
      const [error, count] = attempt(() => this.writeSync(fd, bytes, position));
      done(error, count ?? 0);
    });
  }

  readSync(fd: number, into: Buffer, position: number): number {
    const file = this.#file(fd);
    this.#count('read', this.#paths.get(fd)!);
    return file.content.copy(into, 0, position, position + into.length);
  }

  read(fd: number, into: Buffer, position: number, done: CountDone): void {
    this.#later(() => {
      const [error, count] = attempt(() => this.readSync(fd, into, position));
      done(error, count ?? 0);
    });
  }

  truncate(fd: number, size: number): void {
    this.#spend();
    this.#file(fd).change({ size });
  }

  fdatasync(fd: number, done: Done): void {
    const file = this.#file(fd);
    const path = this.#paths.get(fd)!;
    const changes = file.unsynced.length;
    this.#afterStall(() => {
      const [error] = attempt(() => this.#spend(() => this.#count('sync', path)));
      if (!this.hasPower) return done(error);
      const synced = file.unsynced.splice(0, changes);
      if (error === null) file.durable = synced.reduce(applied, file.durable);
      done(error);
    });
  }

  sizeOf(path: string): number | null {
    const inode = this.#find(path);
    if (inode === undefined) return null;
    return inode instanceof FileInode ? inode.content.length : 0;
  }

  volumeOf(): { totalBytes: number; usableBytes: number } {
    return { totalBytes: -1, usableBytes: -1 };
  }

  list(directory: string): string[] {
    return [...this.#directory(directory).entries.keys()];
  }

  makeDirectory(path: string): void {
    let directory = this.#root;
    for (const name of partsOf(path)) {
      const found = directory.entries.get(name);
      const next = found ?? new DirectoryInode();
      if (!(next instanceof DirectoryInode)) throw systemError('ENOTDIR', path);
      if (found === undefined) this.#needRoom(path);
      if (found === undefined) this.#spend();
      if (found === undefined) directory.change(entries => entries.set(name, next));
      directory = next;
    }
  }

  link(existing: string, name: string): void {
    this.#spend();
    const inode = this.#find(existing);
    const directory = this.#directory(dirname(name));
    if (inode === undefined) throw systemError('ENOENT', existing);
    if (directory.entries.has(basename(name))) throw systemError('EEXIST', name);
    directory.change(entries => entries.set(basename(name), inode));
  }

  rename(from: string, to: string): void {
    this.#count('rename', from);
    this.#spend();
    const inode = this.#find(from);
    if (inode === undefined) throw systemError('ENOENT', from);
    this.#directory(dirname(from)).change(entries => {
      entries.delete(basename(from));
      entries.set(basename(to), inode);
    });
  }

  remove(path: string): void {
    const parent = this.#find(dirname(path));
    if (!(parent instanceof DirectoryInode) || !parent.entries.has(basename(path))) return;
    this.#spend();
    parent.change(entries => entries.delete(basename(path)));
  }

  removeLater(path: string, done: Done): void {
    this.#later(() => {
      const [error] = attempt(() => this.remove(path));
      done(error);
    });
  }

  syncDirectory(path: string, done: Done): void {
    const directory = this.#directory(path);
    const changes = directory.unsynced.length;
    this.#afterStall(() => {
      const [error] = attempt(() => this.#spend(() => this.#count('sync-directory', path)));
      if (!this.hasPower) return done(error);
      const synced = directory.unsynced.splice(0, changes);
      if (error === null) for (const change of synced) change(directory.durable);
      done(error);
    });
  }

  /** The bytes of a file, to look at or to damage. */
  contentOf(path: string): Buffer {
    const inode = this.#find(path);
    if (!(inode instanceof FileInode)) throw systemError('ENOENT', path);
    return inode.content;
  }

  setContent(path: string, bytes: Buffer): void {
    const fd = this.open(path);
    const file = this.#file(fd);
    file.content = Buffer.from(bytes);
    file.durable = Buffer.from(bytes);
    file.unsynced = [];
    this.close(fd);
  }

  #count(operation: Operation, path: string): void {
    this.calls[operation] += 1;
    for (const fault of this.#faults) {
      if (fault.operation !== operation || !fault.path.test(path)) continue;
      fault.countdown -= 1;
      if (fault.countdown === 0) throw systemError(fault.code, path);
    }
  }

  #needRoom(path: string): void {
    if (this.isFull) throw systemError('ENOSPC', path);
  }

  #spend(then: () => void = () => undefined): void {
    this.#changesLeft -= 1;
    if (this.#changesLeft <= 0) throw systemError('EIO', 'there is no power');
    then();
  }

  #later(run: () => void): void {
    const life = this.#life;
    setImmediate(() => life === this.#life && run());
  }

  #afterStall(run: () => void): void {
    if (this.#stalled === null) return this.#later(run);
    this.#stalled.push(() => this.#later(run));
    this.#onStall?.();
  }

  #file(fd: number): FileInode {
    const file = this.#descriptors.get(fd);
    if (file === undefined) throw systemError('EBADF', String(fd));
    return file;
  }

  #directory(path: string): DirectoryInode {
    const inode = this.#find(path);
    if (!(inode instanceof DirectoryInode)) throw systemError('ENOENT', path);
    return inode;
  }

  #find(path: string): Inode | undefined {
    let inode: Inode | undefined = this.#root;
    for (const name of partsOf(path)) {
      if (!(inode instanceof DirectoryInode)) return undefined;
      inode = inode.entries.get(name);
    }
    return inode;
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter(name => name !== '' && name !== '.');
}

function applied(content: Buffer, change: FileChange): Buffer {
  if ('size' in change) {
    const cut = Buffer.alloc(change.size);
    content.copy(cut);
    return cut;
  }
  const end = change.position + change.bytes.length;
  const grown = end > content.length ? Buffer.alloc(end) : Buffer.from(content);
  if (grown.length > content.length) content.copy(grown);
  change.bytes.copy(grown, change.position);
  return grown;
}

function crashInode(inode: Inode, mode: CrashMode, random: SeededRandom): void {
  const { unsynced } = inode;
  const kept = mode === 'lose-all' ? 0 : random.integer(unsynced.length + 1);
  inode.unsynced = [];
  if (inode instanceof FileInode && mode === 'keep-sectors') {
    const survivors = (unsynced as FileChange[]).flatMap(change =>
      sectorsOf(change).filter(() => random.integer(2) === 0),
    );
    inode.content = inode.durable = survivors.reduce(applied, inode.durable);
    return;
  }
  if (inode instanceof FileInode) {
    const changes = inode.durable;
    inode.durable = (unsynced as FileChange[]).slice(0, kept).reduce(applied, changes);
    const torn = (unsynced as FileChange[])[kept];
    if (mode === 'keep-prefix' && torn !== undefined && 'bytes' in torn) {
      const bytes = torn.bytes.subarray(0, random.integer(torn.bytes.length + 1));
      inode.durable = applied(inode.durable, { position: torn.position, bytes });
    }
    inode.content = inode.durable;
    return;
  }
  for (const change of (unsynced as NameChange[]).slice(0, kept)) change(inode.durable);
  inode.entries = new Map(inode.durable);
  for (const child of inode.entries.values()) crashInode(child, mode, random);
}

/** The pieces in which a write reaches the disk; a new size is one piece. */
function sectorsOf(change: FileChange): FileChange[] {
  if ('size' in change) return [change];
  const sectors: FileChange[] = [];
  for (let at = 0; at < change.bytes.length;) {
    const end = at + SECTOR_BYTES - ((change.position + at) % SECTOR_BYTES);
    sectors.push({ position: change.position + at, bytes: change.bytes.subarray(at, end) });
    at = end;
  }
  return sectors;
}

function attempt<T>(action: () => T): [Error, null] | [null, T] {
  try {
    return [null, action()];
  } catch (error) {
    return [error as Error, null];
  }
}

function systemError(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
