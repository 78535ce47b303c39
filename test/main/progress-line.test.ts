import { expect, test } from 'vitest';
import { ProgressLine } from '../../src/main/cli/progress-line.ts';
import { sizeText } from '../../src/main/cli/size-text.ts';

/** A line and what it has written; time passes when the test says so. */
function lineOn(isTTY: boolean) {
  const written: string[] = [];
  const time = { now: 0 };
  const output = { isTTY, write: (text: string) => written.push(text) };
  return { written, time, line: new ProgressLine('copying', output, () => time.now) };
}

test('on a terminal a bar is drawn anew, ten times a second at most, and taken away', () => {
  const { written, time, line } = lineOn(true);
  line.show(0, 4096);
  line.show(512, 4096);
  time.now = 100;
  line.show(2048, 4096);
  line.interrupt('left out');
  line.end();
  expect(written).toEqual([
    `\r\x1b[Kcopying [${'-'.repeat(30)}] 0%, 0 B of 4.0 KiB`,
    `\r\x1b[Kcopying [${'#'.repeat(15)}${'-'.repeat(15)}] 50%, 2.0 KiB of 4.0 KiB`,
    '\r\x1b[K',
    'left out\n',
  ]);
});

test('elsewhere there is a line every five seconds', () => {
  const { written, time, line } = lineOn(false);
  for (; time.now <= 11_000; time.now += 500) line.show(time.now, 11_000);
  line.end();
  expect(written).toEqual([
    'copying: 45%, 4.9 KiB of 10.7 KiB\n',
    'copying: 90%, 9.8 KiB of 10.7 KiB\n',
  ]);
});

test('nothing to copy is all of it', () => {
  const { written, line } = lineOn(true);
  line.show(0, 0);
  expect(written[0]).toContain('100%');
});

test('sizes have the unit that fits', () => {
  const sizes = [0, 1023, 1024, 1536, 1024 ** 2, 5.25 * 1024 ** 3, 3000 * 1024 ** 4];
  expect(sizes.map(sizeText)).toEqual([
    ...['0 B', '1023 B', '1.0 KiB', '1.5 KiB', '1.0 MiB', '5.3 GiB', '3000.0 TiB'],
  ]);
});
