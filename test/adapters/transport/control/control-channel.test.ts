import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectControl } from '../../../../src/adapters/transport/control/control-client.ts';
import {
  ControlListener,
  type ControlHandler,
  type ControlListenerOptions,
} from '../../../../src/adapters/transport/control/control-listener.ts';
import { controlPath } from '../../../../src/adapters/transport/control/control-path.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';

let root: string;
let path: string;
let listener: ControlListener | null;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'hexlog-control-')));
  path = controlPath(root);
  listener = null;
});
afterEach(async () => {
  await listener?.stop();
  rmSync(root, { recursive: true });
});

async function listen(
  handlers: Record<string, ControlHandler>,
  more: Partial<ControlListenerOptions> = {},
): Promise<ControlListener> {
  const given = { handlers: new Map(Object.entries(handlers)), logger: new RecordingLogger() };
  listener = new ControlListener({ dataDir: root, ...given, ...more });
  await listener.start();
  return listener;
}

async function ask(command: string, more: object = {}): Promise<unknown[]> {
  const connection = await connectControl(root);
  const heard: unknown[] = [];
  heard.push(await connection!.ask({ command, ...more }, facts => heard.push(facts)));
  return heard;
}

/** What comes back for these bytes, to the end of the connection. */
async function answerTo(bytes: string): Promise<string> {
  const socket = createConnection(path);
  await once(socket, 'connect');
  socket.end(bytes);
  return text(socket);
}

/** A data directory whose path is too long for a socket in it. */
function deepDirectory(name: string): string {
  const directory = join(root, 'd'.repeat(60), name.repeat(60));
  mkdirSync(directory, { recursive: true });
  return directory;
}

describe('a command', () => {
  test('is carried out, with its progress and its outcome', async () => {
    await listen({
      count: async ({ to }, progress) => {
        for (let at = 1; at <= Number(to); at++) progress({ at });
        return { counted: to };
      },
    });
    expect(await ask('count', { to: 3 })).toEqual([
      { at: 1 },
      { at: 2 },
      { at: 3 },
      { counted: 3 },
    ]);
  });

  test('that fails, or that there is none of, is answered with the message', async () => {
    await listen({ fail: () => Promise.reject(new Error('the disk is full')) });
    const name = 'ControlError';
    await expect(ask('fail')).rejects.toMatchObject({ name, message: 'the disk is full' });
    await expect(ask('dance')).rejects.toMatchObject({ name, message: /no such command/ });
  });

  test('is given up when whoever asked goes away, and when the broker stops', async () => {
    const reasons: unknown[] = [];
    const begun: (() => void)[] = [];
    const wait: ControlHandler = (_, progress, signal) =>
      new Promise((_resolve, reject) => {
        progress({});
        begun.shift()!();
        signal.addEventListener('abort', () => {
          reasons.push(String(signal.reason));
          reject(signal.reason as Error);
        });
      });
    const started = await listen({ wait });
    const leaving = createConnection(path);
    const running = new Promise<void>(resolve => begun.push(resolve));
    leaving.write('{"command":"wait"}\n');
    await running;
    leaving.destroy();
    const again = new Promise<void>(resolve => begun.push(resolve));
    const asked = ask('wait');
    await again;
    const refused = expect(asked).rejects.toThrow('the broker stops');
    await started.stop();
    await refused;
    expect(reasons).toEqual(['Error: whoever asked is gone', 'Error: the broker stops']);
  });

  test('is given up when whoever asked goes away in silence', async () => {
    let begun = (): void => undefined;
    const beginning = new Promise<void>(resolve => (begun = resolve));
    const reason = new Promise<unknown>(resolve => {
      void listen({
        wait: (_, _progress, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              resolve(signal.reason);
              reject(signal.reason as Error);
            });
            begun();
          }),
      }).then(() => createConnection(path).end('{"command":"wait"}\n'));
    });
    await beginning;
    expect(String(await reason)).toBe('Error: whoever asked is gone');
  });

  test('does not keep the broker, when whoever asked does not read', async () => {
    let flooded = (): void => undefined;
    const flood = new Promise<void>(resolve => (flooded = resolve));
    const started = await listen(
      {
        flood: (_, progress, signal) =>
          new Promise((_resolve, reject) => {
            for (let at = 0; at < 500; at++) progress('x'.repeat(50_000));
            signal.addEventListener('abort', () => reject(signal.reason as Error));
            flooded();
          }),
      },
      { lingerMs: 20 },
    );
    const deaf = createConnection(path).on('error', () => undefined);
    deaf.pause().write('{"command":"flood"}\n');
    await flood;
    await started.stop();
    deaf.destroy();
  });

  test('keeps no progress without end for whoever does not read it', async () => {
    await listen({
      flood: async (_, progress) => {
        for (let at = 0; at < 500; at++) progress('x'.repeat(50_000));
        return 'over';
      },
    });
    const socket = createConnection(path);
    socket.write('{"command":"flood"}\n');
    const heard = await text(socket);
    expect(heard.endsWith('\n{"done":"over"}\n')).toBe(true);
    expect(heard.length).toBeLessThan(10_000_000);
  });

  test('that does not come is not waited for', async () => {
    await listen({}, { requestMs: 20 });
    const silent = createConnection(path);
    expect(JSON.parse(await text(silent))).toMatchObject({
      error: { message: 'there was no request' },
    });
  });

  test('that comes by and by, and never wholly, is not waited for either', async () => {
    await listen({}, { requestMs: 200 });
    const dripping = createConnection(path).on('error', () => undefined);
    const drops = setInterval(() => dripping.write('x'), 10);
    try {
      expect(JSON.parse(await text(dripping))).toMatchObject({
        error: { message: 'there was no request' },
      });
    } finally {
      clearInterval(drops);
      dripping.destroy();
    }
  });

  test('that fails with many words is answered with the first of them', async () => {
    await listen({ fail: () => Promise.reject(new Error('\u0001'.repeat(1_000_000))) });
    await expect(ask('fail')).rejects.toMatchObject({ message: '\u0001'.repeat(8192) });
  });

  test.each([
    ['no JSON', 'hello\n'],
    ['no object', '17\n'],
    ['no command', '{"to":1}\n'],
    ['a command that is no text', '{"command":{}}\n'],
    ['half a line', '{"command":"count"'],
    ['nothing', ''],
    ['too much', 'x'.repeat(70_000)],
  ])('of %s is refused in one line', async (_, bytes) => {
    await listen({ count: () => Promise.resolve(1) });
    const answer = await answerTo(bytes);
    expect(JSON.parse(answer)).toMatchObject({ error: { name: 'Error' } });
    expect(await ask('count'), 'the next one is served').toEqual([1]);
  });
});

describe('the socket', () => {
  test('lies in the data directory, for its owner alone', async () => {
    await listen({});
    expect(path).toBe(join(root, 'control.sock'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('of a long path lies elsewhere, the same for both ends and another for each directory', () => {
    const [deep, other] = [deepDirectory('e'), deepDirectory('f')];
    expect(controlPath(deep)).toMatch(/hexlog-[0-9a-f]{24}.control\.sock$/);
    expect(Buffer.byteLength(controlPath(deep))).toBeLessThan(104);
    expect(controlPath(`${deep}/../${'e'.repeat(60)}`)).toBe(controlPath(deep));
    expect(controlPath(deep)).not.toBe(controlPath(other));
    expect(controlPath(root, 'win32')).toMatch(/^\\\\\.\\pipe\\hexlog-/);
  });

  test('of a long path lies in a folder of the broker alone, for as long as that serves', async () => {
    const dataDir = deepDirectory('e');
    const folder = dirname(controlPath(dataDir));
    expect(await connectControl(dataDir)).toBeNull();
    await listen({ count: () => Promise.resolve(1) }, { dataDir });
    expect(lstatSync(folder).mode & 0o777).toBe(0o700);
    const connection = await connectControl(dataDir);
    expect(await connection!.ask({ command: 'count' }, () => undefined)).toBe(1);
    await listener!.stop();
    listener = null;
    expect(existsSync(folder)).toBe(false);
    // A broker that was killed leaves it.
    mkdirSync(folder, { mode: 0o700 });
    await listen({ count: () => Promise.resolve(1) }, { dataDir });
  });

  test.each([
    ['open to others', (folder: string) => (mkdirSync(folder), chmodSync(folder, 0o755))],
    ['a link', (folder: string) => symlinkSync(root, folder)],
    ['a file', (folder: string) => writeFileSync(folder, '', { mode: 0o600 })],
  ])('of a long path is not sought, nor made, where the folder is %s', async (_, make) => {
    const dataDir = deepDirectory('e');
    const folder = dirname(controlPath(dataDir));
    make(folder);
    try {
      const refusal = `${folder} is not a folder of the broker's alone: remove it`;
      await expect(connectControl(dataDir)).rejects.toMatchObject({
        name: 'ControlError',
        message: refusal,
      });
      await expect(listen({}, { dataDir })).rejects.toThrow(refusal);
      listener = null;
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.runIf(process.getuid?.() === 0)(
    "of a long path is not sought in another's folder",
    async () => {
      const dataDir = deepDirectory('e');
      const folder = dirname(controlPath(dataDir));
      mkdirSync(folder, { mode: 0o700 });
      chownSync(folder, 12_345, 12_345);
      try {
        await expect(connectControl(dataDir)).rejects.toThrow('not a folder of the broker');
        // Whoever has the data directory could be asked there, too.
        chownSync(dataDir, 12_345, 12_345);
        expect(await connectControl(dataDir)).toBeNull();
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  test('that nobody listens on is nobody, and the next broker takes its place', async () => {
    expect(await connectControl(root)).toBeNull();
    writeFileSync(path, '');
    expect(await connectControl(root)).toBeNull();
    await listen({ count: () => Promise.resolve(1) });
    expect(await ask('count')).toEqual([1]);
    await listener!.stop();
    listener = null;
    expect(await connectControl(root)).toBeNull();
  });

  test.each([
    ['too long', 'x'.repeat(100_000), 'an answer that is too long'],
    ['no JSON', 'hello\n', 'an answer that is none'],
    ['no answer', '{"error":7}\n', 'an answer that is none'],
  ])('that answers with what is %s is an error for whoever asked', async (_, answer, problem) => {
    const server = createServer(socket => socket.on('error', () => undefined).end(answer));
    server.listen(path);
    await once(server, 'listening');
    await expect(ask('backup')).rejects.toMatchObject({
      name: 'ControlError',
      message: `the broker gave ${problem}`,
    });
    server.close();
  });

  test('whose broker dies in the middle is an error for whoever asked', async () => {
    const server = createServer(socket => socket.once('data', () => socket.destroy()));
    server.listen(path);
    await once(server, 'listening');
    await expect(ask('backup')).rejects.toMatchObject({
      name: 'ControlError',
      message: 'the broker ended before the command was done',
    });
    server.close();
  });
});
