import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../src/adapters/transport/kafka/wire/protocol-error.ts';
import type { Field } from '../../src/adapters/transport/kafka/wire/field.ts';
import {
  bigint64,
  bytes,
  float64,
  message,
  nullable,
  string,
  struct,
  uint16,
} from '../../src/adapters/transport/kafka/wire/schema.ts';
import { WireWriter } from '../../src/adapters/transport/kafka/wire/writer.ts';
import { hex } from './support/bytes.ts';
import { read, written } from './support/editions.ts';

/** One field in two versions: 0, and 1 which is flexible. */
const only = (field: Field) => message('Only', '0-1', 1, { field });

describe('one field, plain and flexible', () => {
  test.each([
    {
      type: 'bytes',
      field: bytes,
      value: hex('cafe'),
      plain: '00000002 cafe',
      flexible: '03 cafe',
    },
    { type: 'bytes', field: bytes, value: hex(''), plain: '00000000', flexible: '01' },
    {
      type: 'nullable bytes',
      field: nullable(bytes),
      value: hex('cafe'),
      plain: '00000002 cafe',
      flexible: '03 cafe',
    },
    {
      type: 'nullable bytes',
      field: nullable(bytes),
      value: null,
      plain: 'ffffffff',
      flexible: '00',
    },
    { type: 'uint16', field: uint16, value: 0xffff, plain: 'ffff', flexible: 'ffff' },
    { type: 'uint16', field: uint16, value: 0x1234, plain: '1234', flexible: '1234' },
    {
      type: 'float64',
      field: float64,
      value: -0.5,
      plain: 'bfe0000000000000',
      flexible: 'bfe0000000000000',
    },
    {
      type: 'bigint64',
      field: bigint64,
      value: -(2n ** 63n) + 1n,
      plain: '8000000000000001',
      flexible: '8000000000000001',
    },
  ])('$type $value', ({ field, value, plain, flexible }) => {
    for (const [version, expected] of [hex(plain), hex(flexible, '00')].entries()) {
      expect(written(only(field), version, { field: value }).toString('hex')).toBe(
        expected.toString('hex'),
      );
      expect(read(only(field), version, expected)).toEqual({ value: { field: value }, left: 0 });
      for (let length = 0; length < expected.length; length++) {
        const cut = (): unknown => read(only(field), version, expected.subarray(0, length));
        expect(cut, `v${version} at ${length}`).toThrow(ProtocolError);
      }
    }
  });
});

describe('bytes', () => {
  test('that may not be null are not', () => {
    expect(() => read(only(bytes), 0, hex('ffffffff'))).toThrow(ProtocolError);
    expect(() => read(only(bytes), 1, hex('00 00'))).toThrow(ProtocolError);
    expect(() => written(only(bytes), 0, { field: null })).toThrow(TypeError);
    expect(() => written(only(bytes), 1, { field: null })).toThrow(TypeError);
  });

  test('of a length below null, or past the end, are refused', () => {
    for (const field of [bytes, nullable(bytes)]) {
      expect(() => read(only(field), 0, hex('fffffffe'))).toThrow(ProtocolError);
      expect(() => read(only(field), 0, hex('7fffffff 00'))).toThrow(ProtocolError);
      expect(() => read(only(field), 1, hex('ffffffff0f 00'))).toThrow(ProtocolError);
    }
  });

  test('are views into the frame, and large ones are written by reference', () => {
    const frame = hex('00000002 cafe');
    const { field } = read(only(bytes), 0, frame).value as { field: Buffer };
    frame[4] = 0;
    expect(field).toEqual(hex('00fe'));
    const large = Buffer.alloc(5000);
    const writer = new WireWriter();
    message('Large', '0-0', 1, { field: bytes }).at(0).write(writer, { field: large });
    expect(writer.take()[1]).toBe(large);
  });

  test('are not lost in a version without them, unless they are empty', () => {
    const late = message('Late', '0-1', 9, { field: bytes.since(1) });
    expect(() => written(late, 0, { field: hex('01') })).toThrow(/field is not in version 0/);
    expect(written(late, 0, { field: Buffer.alloc(0) })).toHaveLength(0);
    expect(read(late, 0, hex(''))).toEqual({ value: { field: Buffer.alloc(0) }, left: 0 });
  });
});

describe('a tagged struct that may be null', () => {
  const tagged = message('Tagged', '0-0', 0, {
    field: nullable(struct({ name: string })).tagged(0),
  });

  test.each([
    { what: 'is left out when it is the default', field: { name: '' }, bytes: '00' },
    { what: 'begins with a varint', field: { name: 'a' }, bytes: '01 00 04 01 02 61 00' },
    { what: 'is a zero when it is null', field: null, bytes: '01 00 01 00' },
  ])('$what', ({ field, bytes }) => {
    expect(written(tagged, 0, { field }).toString('hex')).toBe(hex(bytes).toString('hex'));
    expect(read(tagged, 0, hex(bytes))).toEqual({ value: { field }, left: 0 });
  });
});
