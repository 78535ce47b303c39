import { RE2JS, RE2JSException } from 're2js';
import type { CompiledRegex } from '../../domain/model/group/consumer/environment.ts';
import type { Regex } from '../../ports/regex.ts';

const MAX_LENGTH = 1_000;
/** Of the compiled program: each character of a name may visit all of them. */
const MAX_INSTRUCTIONS = 1_000;
/** Repetitions are written out while compiling, before the program can be measured. */
const MAX_EXPANSION = 10_000;

/** Expressions by re2js, a port of RE2 that needs no compiler. */
export class Re2Regex implements Regex {
  compile(expression: string): CompiledRegex {
    if (expression.length > MAX_LENGTH || expansion(expression) > MAX_EXPANSION) return TOO_LARGE;
    try {
      const program = RE2JS.compile(expression);
      if (program.programSize() > MAX_INSTRUCTIONS) return TOO_LARGE;
      return { kind: 'compiled', matches: name => program.matches(name) };
    } catch (error) {
      if (!(error instanceof RE2JSException)) throw error;
      return { kind: 'invalid', problem: error.message };
    }
  }
}

const TOO_LARGE: CompiledRegex = { kind: 'invalid', problem: 'it is too large' };

/** At most how long the expression is when all its repetitions are written out. */
function expansion(expression: string): number {
  let repetitions = 1;
  for (const [, least, most] of expression.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    repetitions += Math.max(Number(least), Number(most ?? 0));
  }
  return expression.length * repetitions;
}
