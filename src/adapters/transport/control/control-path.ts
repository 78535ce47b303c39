import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync, rmdirSync, statSync, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const NAME = 'control.sock';
/** The address of a Unix domain socket has room for 103 bytes on macOS, 107 on Linux. */
const PATH_BYTES_MAX = 100;

/**
 * Where the broker that has a data directory listens for commands: a socket in it; where the path is too long for one, a socket in
 * a folder of its own among the system's temporary ones, named after the directory; on Windows a named pipe. The directory must
 * exist.
 */
export function controlPath(dataDir: string, platform: NodeJS.Platform = process.platform): string {
  const directory = realpathSync(dataDir);
  const path = join(directory, NAME);
  const name = `hexlog-${createHash('sha256').update(directory).digest('hex').slice(0, 24)}`;
  if (platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return Buffer.byteLength(path) <= PATH_BYTES_MAX ? path : join(tmpdir(), name, NAME);
}

/** For the broker: the same, with a folder that nobody else can write to. Throws where somebody else has made it. */
export function ownControlPath(dataDir: string): string {
  const path = controlPath(dataDir);
  if (!isElsewhere(path, dataDir)) return path;
  mkdirUnlessThere(dirname(path));
  refuseForeign(dirname(path), dataDir);
  return path;
}

/** For whoever asks: the same; null where no broker has made the folder. Throws where it may be somebody else's. */
export function controlPathOfBroker(dataDir: string): string | null {
  const path = controlPath(dataDir);
  if (!isElsewhere(path, dataDir)) return path;
  return refuseForeign(dirname(path), dataDir) ? path : null;
}

/** Takes the folder away that was made for a socket alone. */
export function leaveControlPath(path: string, dataDir: string): void {
  if (!isElsewhere(path, dataDir)) return;
  try {
    rmdirSync(dirname(path));
  } catch {
    // It is found again at the next start.
  }
}

function isElsewhere(path: string, dataDir: string): boolean {
  return process.platform !== 'win32' && dirname(path) !== realpathSync(dataDir);
}

function mkdirUnlessThere(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * Everybody can make folders among the temporary ones: one that is not ours, or not ours alone, may lead to a stranger's socket.
 * Whoever has the data directory may be trusted as much as the socket that would lie in it. False where there is none.
 */
function refuseForeign(directory: string, dataDir: string): boolean {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return false;
  const owners = [process.getuid!(), statSync(dataDir).uid];
  if (owners.includes(found.uid) && isPrivate(found)) return true;
  throw new Error(`${directory} is not a folder of the broker's alone: remove it`);
}

function isPrivate(found: Stats): boolean {
  return found.isDirectory() && (found.mode & 0o077) === 0;
}
