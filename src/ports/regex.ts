import type { CompiledRegex } from '../domain/model/group/consumer/environment.ts';

/** Regular expressions of RE2's syntax, as Kafka's RE2/J takes them, matched in linear time. */
export interface Regex {
  /** The work that an expression can cause is bounded: one that is too large is invalid. */
  compile(expression: string): CompiledRegex;
}
