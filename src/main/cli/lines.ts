import { UsageError } from './failures.ts';

const LINE_FEED = 0x0a;

/**
 * The lines of a stream of bytes, without their line feeds: all that a chunk completes at once. The last line needs no line feed. Throws
 * UsageError for a line of more than `maxBytes`, so that memory stays bounded.
 */
export async function* linesIn(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<Buffer[]> {
  let partial: Buffer[] = [];
  let partialBytes = 0;
  for await (const chunk of chunks) {
    const { lines, rest } = split(chunk);
    if (lines.length > 0) {
      lines[0] = Buffer.concat([...partial, lines[0]!]);
      [partial, partialBytes] = [[], 0];
    }
    if (rest.length > 0) partial.push(rest);
    partialBytes += rest.length;
    const longest = Math.max(partialBytes, lines[0]?.length ?? 0);
    if (longest > maxBytes) throw new UsageError(`a line has more than ${maxBytes} bytes`);
    if (lines.length > 0) yield lines;
  }
  if (partialBytes > 0) yield [Buffer.concat(partial)];
}

function split(chunk: Buffer): { lines: Buffer[]; rest: Buffer } {
  const lines: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = chunk.indexOf(LINE_FEED, at);
    if (end < 0) return { lines, rest: chunk.subarray(at) };
    lines.push(chunk.subarray(at, end));
    at = end + 1;
  }
}
