import { compileFunction } from 'node:vm';
import { readerSource } from './emit-reader.ts';
import { writerSource } from './emit-writer.ts';
import type { Source } from './emission.ts';
import type { Edition, Fields } from './field.ts';
import type { WireReader } from './reader.ts';
import type { WireWriter } from './writer.ts';

/** Reads and writes one version of one message. Reading throws ProtocolError and nothing else. */
export interface Codec<R, W> {
  read(reader: WireReader): R;
  write(writer: WireWriter, value: W): void;
}

/**
 * Turns one version of a message into one flat reader and one flat writer, so that V8 sees constant shapes and no loop over
 * fields. The sources come from our own schemas alone, never from input.
 */
export function compile<R, W>(name: string, fields: Fields, edition: Edition): Codec<R, W> {
  const title = `kafka:${name}.v${edition.version}`;
  return {
    read: build(`${title}.read`, readerSource(fields, edition)),
    write: build(`${title}.write`, writerSource(fields, edition)),
  };
}

function build<F>(filename: string, { code, constants }: Source): F {
  const factory = compileFunction(`return ${code}`, ['k'], { filename }) as (k: unknown) => F;
  return factory(constants);
}
