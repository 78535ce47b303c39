import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hexlog, Serving, spawnHexlog } from '../support/command-line.ts';

const root = mkdtempSync(join(tmpdir(), 'hexlog-cli-'));
afterAll(() => rmSync(root, { recursive: true }));

const lines = (text: string): string[] => text.split('\n').slice(0, -1);
const objects = (text: string) => lines(text).map(line => JSON.parse(line) as object);

describe('hexlog serve', () => {
  test('says where it listens, keeps what was produced over a restart, and stops with 0', async () => {
    const dataDir = join(root, 'restart');
    await using first = new Serving(['--data-dir', dataDir]);
    expect(await first.ready).toMatch(
      /^hexlog ready: kafka=127\.0\.0\.1:\d+ storage=segment-files data=\S+ cluster=[\w-]{22}$/,
    );
    const toFirst = { env: { HEXLOG_BOOTSTRAP: await first.bootstrap() } };
    const produced = await hexlog(['produce', 'kept'], { stdin: 'one\ntwo', ...toFirst });
    expect(produced).toEqual({ code: 0, stdout: '', stderr: 'produced 2 records to kept\n' });
    first.child.kill('SIGTERM');
    expect(await first.ended).toEqual([0, null]);
    expect(first.stdout).toHaveLength(1);

    await using second = new Serving(['--data-dir', dataDir]);
    const kept = await hexlog([
      'consume',
      'kept',
      '--exit',
      '--bootstrap',
      await second.bootstrap(),
    ]);
    expect(kept).toEqual({ code: 0, stdout: 'one\ntwo\n', stderr: '' });
    const cluster = /cluster=.*/.exec(await first.ready)![0];
    expect(await second.ready).toContain(cluster);
    second.child.kill('SIGINT');
    expect(await second.ended).toEqual([0, null]);
  });

  test('is refused a directory that is in use, and a port that is taken, in one line', async () => {
    const dataDir = join(root, 'locked');
    await using serving = new Serving(['--data-dir', dataDir]);
    await serving.ready;
    const [locked, taken] = await Promise.all([
      hexlog(['serve', '--port', '0', '--http-port', 'off', '--data-dir', dataDir]),
      hexlog([
        'serve',
        '--storage',
        'memory',
        '--http-port',
        'off',
        '--port',
        (await serving.bootstrap()).split(':')[1]!,
      ]),
    ]);
    const pid = serving.child.pid;
    expect(locked).toEqual({
      code: 1,
      stdout: '',
      stderr: `hexlog: data directory ${dataDir} is in use by process ${pid}: stop it, or choose another directory\n`,
    });
    expect(taken).toEqual({
      code: 1,
      stdout: '',
      stderr: `hexlog: ${await serving.bootstrap()} is taken by another program: stop it, or choose another port with --port\n`,
    });
    const [, port] = (await serving.bootstrap()).split(':');
    const door = async (flag: string, ...others: string[]) => {
      const args = ['serve', '--storage', 'memory', '--port', '0', flag, port!, ...others];
      return (await hexlog(args)).stderr;
    };
    expect(await door('--http-port')).toContain('choose another port with --http-port');
    expect(await door('--text-port', '--http-port', 'off')).toContain('with --text-port');
  });

  test('ends at once when a second signal comes, and starts again on what is there', async () => {
    const dataDir = join(root, 'forced');
    await using serving = new Serving(['--data-dir', dataDir]);
    const to = { env: { HEXLOG_BOOTSTRAP: await serving.bootstrap() } };
    await hexlog(['produce', 'forced'], { stdin: 'kept\n', ...to });
    // Both wait for it to go on, so that the second is there before the first has been dealt with.
    for (const signal of ['SIGSTOP', 'SIGTERM', 'SIGINT', 'SIGCONT'] as const) {
      serving.child.kill(signal);
    }
    expect([130, 143]).toContain((await serving.ended)[0]);
    await using next = new Serving(['--data-dir', dataDir]);
    const kept = await hexlog(['consume', 'forced', '-e', '--bootstrap', await next.bootstrap()]);
    expect(kept).toEqual({ code: 0, stdout: 'kept\n', stderr: '' });
  });

  test('refuses a wrong flag, a wrong setting and a wrong variable with 2', async () => {
    const [flag, setting, variable] = await Promise.all([
      hexlog(['serve', '--prot', '1']),
      hexlog(['serve', '--port', 'x']),
      hexlog(['serve'], { env: { HEXLOG_NUM_PARTITIONS: '0' } }),
    ]);
    expect(flag).toMatchObject({ code: 2, stdout: '' });
    expect(flag.stderr).toBe("hexlog: unknown option '--prot' (Did you mean --port?)\n");
    expect(setting).toMatchObject({ code: 2, stdout: '' });
    expect(setting.stderr).toBe(
      'hexlog: port = "x" (flag --port) is wrong: allowed is an integer from 0 to 65535\n',
    );
    expect(variable).toMatchObject({ code: 2, stdout: '' });
    expect(lines(variable.stderr)).toHaveLength(1);
  });
});

describe('the commands that are clients', () => {
  let serving: Serving;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    serving = new Serving(['--storage', 'memory', '--log-level', 'silent']);
    env = { HEXLOG_BOOTSTRAP: await serving.bootstrap() };
  });
  afterAll(() => serving[Symbol.asyncDispose]());
  const run = (...args: string[]) => hexlog(args, { env });
  const feed = (stdin: string | Buffer, ...args: string[]) => hexlog(args, { stdin, env });

  test('create, list, describe and delete topics', async () => {
    const args = ['--partitions', '2', '--config', 'retention.ms=60000'];
    expect(await run('topic', 'create', 'life', ...args)).toEqual({
      code: 0,
      stdout: 'created topic life\n',
      stderr: '',
    });
    const again = await run('topic', 'create', 'life');
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toBe(
      "hexlog: create life: TOPIC_ALREADY_EXISTS (Topic 'life' already exists.)\n",
    );
    const content = await run('topic', 'create', 'life', '--if-not-exists', '--format', 'json');
    expect(content).toMatchObject({ code: 0, stdout: '{"topic":"life","created":false}\n' });
    await feed('x', 'produce', 'life', '--partition', '1');
    const described = await run('topic', 'describe', 'life', '--format', 'json');
    const everywhere = { leader: 1, replicas: [1], isr: [1], startOffset: 0 };
    expect(objects(described.stdout)).toEqual([
      {
        topic: 'life',
        topicId: expect.stringMatching(/^[\w-]{22}$/) as string,
        internal: false,
        partitions: [
          { partition: 0, ...everywhere, endOffset: 0 },
          { partition: 1, ...everywhere, endOffset: 1 },
        ],
        configs: { 'retention.ms': '60000' },
      },
    ]);
    const table = lines((await run('topic', 'describe', 'life')).stdout);
    expect(table.slice(1)).toEqual([
      'PARTITION  LEADER  REPLICAS  ISR  START  END',
      '0          1       1         1    0      0',
      '1          1       1         1    0      1',
      'retention.ms=60000',
    ]);
    expect(lines((await run('topic', 'list')).stdout)).toContain('life');
    expect(await run('topic', 'delete', 'life')).toMatchObject({ code: 0 });
    expect(lines((await run('topic', 'list')).stdout)).not.toContain('life');
    const gone = await run('topic', 'describe', 'life');
    expect(gone).toMatchObject({
      code: 1,
      stderr: 'hexlog: topic life: UNKNOWN_TOPIC_OR_PARTITION\n',
    });
  });

  test.each(['none', 'gzip', 'snappy', 'lz4'])(
    'produce and consume keys, headers and bytes that are no text, with %s',
    async codec => {
      const topic = `codec-${codec}`;
      const input = Buffer.concat([Buffer.from('k:a:b\nno key\n:\n\n'), Buffer.of(0xff, 0xfe)]);
      const flags = ['--key-delimiter', ':', '--header', 'h=1', '--compression', codec];
      expect(await feed(input, 'produce', topic, ...flags)).toMatchObject({ code: 0 });
      const json = await run('consume', topic, '--exit', '--format', 'json');
      const rest = {
        ...{ topic, partition: 0, headers: [{ key: 'h', value: '1' }] },
        timestamp: expect.any(Number) as number,
      };
      expect(objects(json.stdout)).toEqual([
        { ...rest, offset: 0, key: 'k', value: 'a:b' },
        { ...rest, offset: 1, key: null, value: 'no key' },
        { ...rest, offset: 2, key: '', value: '' },
        { ...rest, offset: 3, key: null, value: '' },
        { ...rest, offset: 4, key: null, value: { base64: '//4=' } },
      ]);
      const asText = await run('consume', topic, '--exit', '--key-delimiter', '|');
      expect(asText.stdout).toBe('k|a:b\n|no key\n|\n|\n|base64://4=\n');
    },
  );

  test('find the place to read from: an offset, a time, the end', async () => {
    await feed('a\nb\nc\n', 'produce', 'places');
    const [counted, since, later, beyond] = await Promise.all([
      run('consume', 'places', '--from', '1', '--count', '1'),
      run('consume', 'places', '--from', '2020-01-01T00:00:00Z', '--count', '2'),
      run('consume', 'places', '--from', '2100-01-01', '--exit'),
      run('consume', 'places', '--from', '4', '--exit'),
    ]);
    expect(counted).toEqual({ code: 0, stdout: 'b\n', stderr: '' });
    expect(since).toEqual({ code: 0, stdout: 'a\nb\n', stderr: '' });
    expect(later).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(beyond).toEqual({
      code: 1,
      stdout: '',
      stderr: 'hexlog: partition 0 of places has offsets 0 to 3, not 4\n',
    });
  });

  test('follow what is produced, and end with 0 at Ctrl-C', async () => {
    await feed('old\n', 'produce', 'followed');
    const child = spawnHexlog(['consume', 'followed', '--from', 'start'], env);
    const ended = once(child, 'close');
    expect(String((await once(child.stdout!, 'data'))[0])).toBe('old\n');
    const next = once(child.stdout!, 'data');
    await feed('new\n', 'produce', 'followed', '--acks', '0');
    expect(String((await next)[0])).toBe('new\n');
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });

  test('take more lines than fit in one batch, in order, and end quietly when nobody reads on', async () => {
    const input = Array.from({ length: 60_000 }, (_, at) => `line ${at}\n`).join('');
    const flags = ['--header', `pad=${'x'.repeat(60)}`];
    expect(await feed(input, 'produce', 'many', ...flags)).toMatchObject({ code: 0 });
    const read = await run('consume', 'many', '--exit');
    expect(read.stdout === input).toBe(true);
    const child = spawnHexlog(['consume', 'many'], env);
    const ended = once(child, 'close');
    child.stdout!.once('data', () => child.stdout!.destroy());
    expect(await ended).toEqual([0, null]);
  });

  test('send keys where other clients send them', async () => {
    await run('topic', 'create', 'keyed', '--partitions', '3');
    await feed('21:a\nfoobar:b\nabc:c\n', 'produce', 'keyed', '-k', ':');
    const { stdout } = await run('consume', 'keyed', '--exit', '--format', 'json');
    const partitions = objects(stdout).map(record => {
      const { key, partition } = record as { key: string; partition: number };
      return [key, partition];
    });
    // The hashes of Kafka's UtilsTest, without the sign, modulo 3.
    const expected = { '21': -973932308, foobar: -790332482, abc: 479470107 };
    expect(Object.fromEntries(partitions)).toEqual(
      Object.fromEntries(
        Object.entries(expected).map(([key, hash]) => [key, (hash & 0x7fffffff) % 3]),
      ),
    );
  });

  test('say in one line why a record was refused, and how many were not', async () => {
    await run('topic', 'create', 'small', '--config', 'max.message.bytes=200');
    const refused = await feed(`${'x'.repeat(300)}\n`, 'produce', 'small');
    expect(refused.code).toBe(1);
    expect(lines(refused.stderr)).toEqual([
      'produced 0 records to small',
      expect.stringMatching(
        /^hexlog: produce to partition 0 of small: MESSAGE_TOO_LARGE/,
      ) as string,
    ]);
  });

  test('refuse what is used wrongly with 2, and say what is allowed', async () => {
    const [from, address, missing, unknown] = await Promise.all([
      run('consume', 'x', '--from', 'middle'),
      run('topic', 'list', '--bootstrap', 'nowhere'),
      run('produce'),
      run('topic', 'crate', 'x'),
    ]);
    expect(from.stderr).toContain('Allowed is start, end, an offset, or a time');
    expect(address.stderr).toContain('bootstrap = "nowhere" is wrong: allowed is host:port');
    expect(missing.stderr).toContain("missing required argument 'topic'");
    expect(unknown.stderr).toContain("unknown command 'crate'");
    for (const { code, stderr } of [from, address, missing, unknown]) {
      expect(code).toBe(2);
      expect(lines(stderr)).toHaveLength(1);
    }
  });
});

describe('a client with nobody to talk to', () => {
  test('says so in one line: no broker, and one that does not speak Kafka', async () => {
    const web = createServer(socket => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { port } = web.address() as AddressInfo;
    const wrong = await hexlog(['topic', 'list', '--bootstrap', `127.0.0.1:${port}`]);
    web.close();
    await once(web, 'close');
    const nobody = await hexlog(['topic', 'list', '--bootstrap', `127.0.0.1:${port}`]);
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toMatch(
      /^hexlog: 127\.0\.0\.1:\d+ does not answer as a Kafka broker does .*\n$/,
    );
    expect(nobody).toEqual({
      code: 1,
      stdout: '',
      stderr: `hexlog: no broker answers at 127.0.0.1:${port} (ECONNREFUSED)\n`,
    });
  });
});

test('--version and --help answer on stdout with 0', async () => {
  const [version, help] = await Promise.all([hexlog(['--version']), hexlog(['serve', '--help'])]);
  expect(version).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
  });
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toContain('num.partitions: 1');
});
