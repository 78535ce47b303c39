import { expect, test } from 'vitest';
import { BrokerError } from '../../../src/domain/model/error.ts';
import {
  canonicalText,
  parseSetting,
  type Setting,
  type SettingType,
} from '../../../src/domain/model/config/setting.ts';
import { textTable } from '../../support/text-table.ts';

function settingOf(type: string, rule: string): Setting {
  const [kind, ...words] = rule.split(' ');
  const bounds =
    kind === 'in'
      ? { oneOf: words }
      : kind === 'from'
        ? { min: Number(words[0]), ...(words[2] ? { max: Number(words[2]) } : {}) }
        : {};
  return { type: type as SettingType, initial: null, documentation: '', ...bounds };
}

const VALID = textTable(`
  boolean |                | true                 | true                    | true
  boolean |                | FALSE                | false                   | false
  int     |                | +5                   | 5                       | 5
  int     |                | -2147483648          | -2147483648             | -2147483648
  int     | from 1 to 17   | 17                   | 17                      | 17
  long    | from -1        | -1                   | -1                      | -1
  long    |                | 9223372036854775807  | 9007199254740991        | 9223372036854775807
  double  | from 0 to 1    | 1                    | 1                       | 1.0
  double  |                | 5e-1                 | 0.5                     | 0.5
  list    | in a b         | a , b                | ["a","b"]               | a,b
  list    | in a b         |                      | []                      |
  string  | in x y         | y                    | "y"                     | y
`);

test.each(VALID)('%s (%s) takes "%s" as %s', (type, rule, text, value, shown) => {
  const setting = settingOf(type, rule);
  expect(JSON.stringify(parseSetting('s', setting, ` ${text} `))).toBe(value);
  expect(canonicalText(setting, ` ${text} `)).toBe(shown);
});

const INVALID = textTable(`
  boolean |              | yes                  | Expected value to be either true or false
  int     |              | 2147483648           | Not a number of type INT
  int     |              | 1.5                  | Not a number of type INT
  int     |              |                      | Not a number of type INT
  long    |              | 9223372036854775808  | Not a number of type LONG
  long    |              | 0x10                 | Not a number of type LONG
  double  |              | half                 | Not a number of type DOUBLE
  long    | from -1      | -2                   | Value must be at least -1
  double  | from 0 to 1  | 1.01                 | Value must be no more than 1
  string  | in x y       | Y                    | String must be one of: x, y
  list    | in a b       | a,c                  | String must be one of: a, b
  list    | in a b       | a,,b                 | String must be one of: a, b
`);

test.each(INVALID)('%s (%s) refuses "%s": %s', (type, rule, text, reason) => {
  const parse = (): unknown => parseSetting('the.name', settingOf(type, rule), text);
  const message = `Invalid value ${text} for configuration the.name: ${reason}`;
  expect(parse).toThrow(new BrokerError('INVALID_CONFIG', message));
});
