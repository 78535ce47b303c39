import * as fs from 'node:fs';
import type { LockFiles } from '../shared/directory-lock.ts';

/** The machine's own files, as far as a directory's lock needs them. */
export const nodeLockFiles: LockFiles = {
  open: path => fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644),
  close: fd => fs.closeSync(fd),
  writeSync: (fd, bytes, position) => fs.writeSync(fd, bytes, 0, bytes.length, position),
  readSync: (fd, into, position) => fs.readSync(fd, into, 0, into.length, position),
  sizeOf: path => fs.statSync(path, { throwIfNoEntry: false })?.size ?? null,
  link: (existing, name) => fs.linkSync(existing, name),
  rename: (from, to) => fs.renameSync(from, to),
  remove: path => fs.rmSync(path, { force: true }),
};
